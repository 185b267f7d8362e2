/* Two losses, one model: the training of dice/course/training.py, live, and the threshold afterward. */
(() => {
  "use strict";
  const { add, overlap, dice, fixed, html, place, show, slider, choice, chart, strokes, between } = explorables;
  const { asking, given, cells, legend, mosaic, columns, dot, name } = explorables;

  const STEPS = 100;
  const RATES = ["0.003", "0.01", "0.03", "0.1"];
  const ASKED = { rate: "0.03", start: "0.5" }; // the setting of the question
  const STARTS = [["0.5", "undecided"], ["0.03", "at the share"]];
  const LOSSES = { ce: ["cross entropy", "ink"], dice: ["the Dice loss", "both"] };
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));

  /** Brightness, and its means over 3 × 3 and 7 × 7 pixels; the picture goes on at its edges. */
  const features = (image, side) => {
    const inside = (k) => Math.min(side - 1, Math.max(0, k));
    const mean = (i, reach) => {
      const [row, column] = [Math.floor(i / side), i % side];
      let total = 0;
      for (let r = row - reach; r <= row + reach; r += 1) {
        for (let c = column - reach; c <= column + reach; c += 1) total += image[side * inside(r) + inside(c)];
      }
      return total / (2 * reach + 1) ** 2;
    };
    return image.map((value, i) => [value, mean(i, 1), mean(i, 3)]);
  };

  /** The slope of each loss with respect to each logit. */
  const slopes = {
    ce: (p, g) => p.map((value, i) => (value - g[i]) / g.length),
    dice: (p, g, z) => {
      const { intersection: I, prediction: P, target: G } = overlap(p, g);
      return p.map((value, i) => ((2 * I - 2 * g[i] * (P + G)) / (P + G) ** 2) * value * sigmoid(-z[i]));
    },
  };

  /** Train with Adam on one picture, from given weights; returns the probabilities. */
  const train = (loss, x, g, start, rate) => {
    const hidden = start.W2.length;
    const w = Float64Array.from([...start.W1, ...start.W2.map(() => 0), ...start.W2, start.b2], Math.fround);
    const [B1, W2, B2] = [x[0].length * hidden, (x[0].length + 1) * hidden, (x[0].length + 2) * hidden];
    const [first, second] = [w.map(() => 0), w.map(() => 0)];
    const units = new Float64Array(x.length * hidden);
    const forward = () => x.map((row, i) => {
      let z = w[B2];
      for (let k = 0; k < hidden; k += 1) {
        let inner = w[B1 + k];
        row.forEach((value, f) => (inner += value * w[f * hidden + k]));
        units[i * hidden + k] = Math.tanh(inner);
        z += w[W2 + k] * units[i * hidden + k];
      }
      return z;
    });
    for (let step = 1; step <= STEPS; step += 1) {
      const z = forward();
      const push = slopes[loss](z.map(sigmoid), g, z);
      const slope = w.map(() => 0);
      x.forEach((row, i) => {
        slope[B2] += push[i];
        for (let k = 0; k < hidden; k += 1) {
          const unit = units[i * hidden + k];
          const inner = (1 - unit * unit) * push[i] * w[W2 + k];
          slope[W2 + k] += unit * push[i];
          slope[B1 + k] += inner;
          row.forEach((value, f) => (slope[f * hidden + k] += value * inner));
        }
      });
      slope.forEach((value, j) => {
        first[j] = 0.9 * first[j] + 0.1 * value;
        second[j] = 0.999 * second[j] + 0.001 * value * value;
        const size = Math.sqrt(second[j] / (1 - 0.999 ** step)) + 1e-8;
        w[j] -= rate * (first[j] / (1 - 0.9 ** step) / size);
      });
    }
    return forward().map(sigmoid);
  };

  const THRESHOLDS = Array.from({ length: 99 }, (_, k) => (k + 1) / 100);

  /** Dice at each threshold of the slider, at one half, and the first of the best. */
  const measure = (p, g) => {
    const curve = THRESHOLDS.map((threshold) => [threshold, dice(overlap(p.map((value) => Number(value >= threshold)), g))]);
    const [at, best] = curve.reduce((found, point) => (point[1] > found[1] ? point : found));
    return { p, curve, at, best, half: curve[49][1] };
  };

  asking("two-losses-one-model", {
    question: "At the rate 0.03, from the undecided start, the Dice loss is ahead if both are cut at one half. Is it still, if each is cut where its own Dice is best?",
    options: { yes: "yes, as far", less: "yes, but less", no: "no" },
    answer: "no",
    reason: `At this rate and start, the Dice loss has ${place("asked-dice-half")} at one half, and cross entropy ${place("asked-ce-half")}. Each at its
      own threshold, ${place("asked-dice-at")} and ${place("asked-ce-at")}, they have ${place("asked-dice-best")} and ${place("asked-ce-best")}. Now change
      the rate and the start: what moves most, and which loss is ahead?`,
    start: { loss: "ce", ...ASKED, threshold: "0.5" },
    valid: ({ loss, rate, start, threshold }) => loss in LOSSES && RATES.includes(rate) &&
      STARTS.some(([key]) => key === start) && between(0.01, 0.99)(threshold) && threshold.length < 5,

    build(body, set) {
      const scene = given("two-losses-one-model");
      const { image: rows = ["g"], target: marks = ["#"], W1 = [0, 0, 0], W2 = [0] } = scene;
      const [side, g] = [rows[0].length, cells(marks)];
      const image = [...rows.join("")].map((c) => (parseInt(c, 36) - 16) / 8);
      const x = features(image, side);
      const trained = {};
      const model = (loss, rate, share) => (trained[`${loss} ${rate} ${share}`] ??= measure(train(loss, x, g,
        { W1, W2, b2: Math.log(share / (1 - share)) }, Number(rate)), g));

      const hundredths = (value) => String(Math.round(100 * value) / 100);
      const sliders = {
        threshold: slider({ label: "Threshold", name: "threshold", steps: 98, value: (k) => hundredths((k + 1) / 100),
          step: (v) => 100 * v - 1, words: (v) => fixed(Number(v), 2), change: (threshold) => set({ threshold }) }),
        rate: slider({ label: "Learning rate", name: "rate", steps: RATES.length - 1, value: (k) => RATES[k],
          step: (v) => RATES.indexOf(v), words: (v) => v, change: (rate) => set({ rate }) }),
      };
      const which = choice("Show the mask of", "loss", Object.entries(LOSSES).map(([key, [words]]) => [key, words]), (loss) => set({ loss }));
      const from = choice("Start", "start", STARTS, (start) => set({ start }));
      const picture = mosaic("The noisy picture; after the guess the disk, and the mask of the model at the threshold", side);
      picture.node.classList.add("tiny");
      const graph = chart({ label: "Dice of both models over the threshold; the numbers follow", xlabel: "threshold",
        x: (value) => value, ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => [value, String(value)]) });
      graph.node.classList.add("after");
      strokes(graph.node, (event) => set({ threshold: hundredths(Math.min(0.99, Math.max(0.01, graph.across(event)))) }));
      const key = legend();
      key.classList.add("after");
      columns(body, [which, picture.node, key, sliders.threshold.node, sliders.rate.node, from],
        [html(`<dl class="sums after">${Object.entries(LOSSES).map(([loss, [words, kind]]) =>
          `<div><dt><i class="swatch ${kind}"></i>Dice, ${words}</dt><dd>${place(`${loss}-here`)}</dd></div>
          <div><dt>at its best threshold, ${place(`${loss}-at`)}</dt><dd>${place(`${loss}-best`)}</dd></div>
          <div><dt>Volume, Σ<var>p</var> over Σ<var>g</var></dt><dd>${place(`${loss}-volume`)}</dd></div>`).join("")}</dl>`), graph.node,
          html(`<p class="note">Both are scored on the picture that they learned from: it shows the thresholds, and not how well a model does on new ones.</p>`)]);

      return (state) => {
        const threshold = Number(state.threshold);
        for (const [name_, part] of Object.entries(sliders)) part.draw(state[name_]);
        which.querySelector(`[value="${state.loss}"]`).checked = true;
        from.querySelector(`[value="${state.start}"]`).checked = true;
        if (state.guess === "none") picture.draw(image.map((value) => ({ kind: "tint", css: `--share:${Math.round(22 * (value + 2))}%` })));
        const values = {};
        const parts = Object.entries(LOSSES).flatMap(([loss, [, kind]]) => {
          const found = model(loss, state.rate, Number(state.start));
          const other = model(loss === "ce" ? "dice" : "ce", state.rate, Number(state.start));
          const asked = model(loss, ASKED.rate, Number(ASKED.start));
          const { p } = found;
          const here = dice(overlap(p.map((value) => Number(value >= threshold)), g));
          Object.assign(values, { [`${loss}-here`]: fixed(here), [`${loss}-volume`]: fixed(add(p) / add(g)), [`asked-${loss}-half`]: fixed(asked.half) });
          for (const [prefix, { at, best }] of [["", found], ["asked-", asked]]) {
            Object.assign(values, { [`${prefix}${loss}-at`]: fixed(at, 2), [`${prefix}${loss}-best`]: fixed(best) });
          }
          if (loss === state.loss && state.guess !== "none") picture.masks(p.map((value) => Number(value >= threshold)), g);
          return [graph.path(found.curve, `curve ${kind}`), dot(graph, threshold, here, kind),
            name(graph, found.at, found.best, loss === "ce" ? "cross entropy" : "Dice loss", "middle", other.curve[THRESHOLDS.indexOf(found.at)][1] > found.best ? 22 : -8)];
        });
        graph.layer.replaceChildren(graph.line(graph.at(threshold, 0), graph.at(threshold, 1), "here"), ...parts);
        show(body, values);
        return `At ${state.threshold}: cross entropy ${values["ce-here"]}, the Dice loss ${values["dice-here"]}.`;
      };
    },
  });
})();
