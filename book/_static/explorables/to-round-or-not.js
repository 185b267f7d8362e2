/* To round or not to round: one probability moves. Does the score answer? */
(() => {
  "use strict";
  const { overlap, dice, diceSlope, fixed, significant, html, svg, place, fraction, formula, show } = explorables;
  const { slider, strokes, pixels, chart, explorable, between } = explorables;

  const TARGET = [1, 0, 0, 1, 0, 0];
  const MAP = [0.9, 0.2, 0.6, 0.8, 0.1, 0.1];
  const HALF = 0.5;
  const rounded = (map) => map.map((p) => Number(p >= HALF));
  const hundredths = (value) => String(Math.round(100 * value) / 100);

  explorable("to-round-or-not", {
    start: { pixel: "3", probability: "0.6" },
    valid: ({ pixel, probability }) => /^[1-6]$/.test(pixel) && between(0, 1)(probability),

    build(body, set) {
      const grid = pixels({
        label: "Probabilities of six pixels. Arrow keys move; Enter chooses the pixel that the slider moves",
        columns: MAP.length,
        press: (i) => set({ pixel: String(i + 1), probability: String(MAP[i]) }),
        key: () => false,
      });
      const control = slider({ label: "Probability of the chosen pixel", name: "probability", steps: 100,
        value: (k) => hundredths(k / 100), step: (p) => 100 * p, words: (p) => fixed(Number(p), 2),
        change: (probability) => set({ probability }) });
      const graph = chart({
        label: "Hard and soft Dice over the probability of the chosen pixel; the numbers follow",
        xlabel: "probability of the chosen pixel", x: (p) => p, ticks: [0, 0.25, 0.5, 0.75, 1].map((t) => [t, String(t)]),
      });
      strokes(graph.node, (event) => set({ probability: hundredths(graph.across(event)) }));
      const score = (kind) => fraction(`2 · ${place(`${kind}-I`, "both")}`,
        `${place(`${kind}-P`, "prediction")} + ${place(`${kind}-G`, "target")}`);
      const slope = (kind) => `<div class="formula-line"><dt>Its slope</dt><dd>${place(`${kind}-slope`)}</dd></div>`;
      body.append(html(`<div class="two"><div class="left"></div><div class="right">
        <p class="subhead">Rounded at one half: hard Dice</p>
        <dl class="formulas">${formula("Dice", score("hard"), "hard", true)}${slope("hard")}</dl>
        <p class="subhead">Not rounded: soft Dice</p>
        <dl class="formulas">${formula("Dice", score("soft"), "soft", true)}${slope("soft")}</dl>
      </div></div>`));
      const bits = html(`<p class="rounded" aria-hidden="true"></p>`);
      body.querySelector(".left").append(
        grid.node, bits, html(`<p class="legend"><span><i class="swatch ring"></i>target</span>
          <span><b class="on-sample">.6</b>chosen</span><span>below: rounded</span></p>`),
        control.node, graph.node);

      return (state) => {
        const chosen = Number(state.pixel) - 1;
        const p = Number(state.probability);
        const mapAt = (value) => MAP.map((old, i) => (i === chosen ? value : old));
        const hardAt = (value) => overlap(rounded(mapAt(value)), TARGET);
        const softAt = (value) => overlap(mapAt(value), TARGET);
        const [hard, soft] = [hardAt(p), softAt(p)];
        const slopeHere = diceSlope(soft, TARGET[chosen]);

        control.draw(state.probability);
        grid.draw(MAP.length, (i) => {
          const value = mapAt(p)[i];
          return {
            words: `probability ${value}, ${TARGET[i] ? "target" : "background"}${i === chosen ? ", chosen" : ""}`,
            text: value === 0 || value === 1 ? String(value) : String(value).slice(1),
            kind: `tint${TARGET[i] ? " ring" : ""}${i === chosen ? " on" : ""}`,
            css: `--share:${Math.round(value * 100)}%`,
          };
        });
        bits.innerHTML = rounded(mapAt(p)).map((bit) => `<span>${bit}</span>`).join("");

        const dot = (value, kind) => {
          const [cx, cy] = graph.at(p, value);
          return svg("circle", { cx, cy, r: 5.5, class: `dot ${kind}` });
        };
        const flat = (from, to) => graph.path([[from, dice(hardAt(from))], [to, dice(hardAt(from))]], "curve ink");
        const curve = Array.from({ length: 51 }, (_, k) => [k / 50, dice(softAt(k / 50))]);
        const name = (words, value, y) => svg("text", { x: graph.at(1, 0)[0], y: graph.at(1, value)[1] + y,
          "text-anchor": "end", class: "halo" }, words);
        const [hardLast, softLast] = [dice(hardAt(1)), dice(softAt(1))];
        const above = hardLast >= softLast ? -8 : 18; // the names stand outside of the two curves
        graph.layer.replaceChildren(
          graph.line(graph.at(p, 0), graph.at(p, 1), "here"),
          flat(0, HALF - 1e-9), flat(HALF, 1), graph.path(curve, "curve both"),
          dot(dice(hard), "ink"), dot(dice(soft), "both"),
          name("hard Dice", hardLast, above), name("soft Dice", softLast, 10 - above));

        show(body, {
          "hard-I": hard.intersection, "hard-P": hard.prediction, "hard-G": hard.target, hard: fixed(dice(hard)),
          "hard-slope": p === HALF ? "none: it jumps" : "0",
          "soft-I": significant(soft.intersection), "soft-P": significant(soft.prediction), "soft-G": soft.target,
          soft: fixed(dice(soft)), "soft-slope": fixed(slopeHere),
        });
        return `Pixel ${state.pixel} at ${fixed(p, 2)}. Hard Dice ${fixed(dice(hard))}, ` +
          `${p === HALF ? "at its jump" : "slope 0"}. Soft Dice ${fixed(dice(soft))}, slope ${fixed(slopeHere)}.`;
      };
    },
  });
})();
