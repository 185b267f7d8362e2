/* To round or not to round: hard Dice of a thresholded map beside soft Dice of the map itself. */
(() => {
  "use strict";
  const { add, overlap, dice, diceSlope, fixed, significant, html, svg, place, fraction, formula, show } = explorables;
  const { button, buttons, slider, choice, pixels, chart, explorable, between } = explorables;

  const COLUMNS = 6;
  const TENTHS = "0123456789a"; // the probabilities 0, 0.1, …, 1 in the address
  const DISK = "000000001100011110011110001100000000";
  const EXAMPLES = {
    "Six pixels": ["926811", "100100"],
    "Large object": ["000100137520379862489973257741002310", DISK],
    "Small object": ["000000012100027400012200000000000000", "000000000000000100000000000000000000"],
    "False alarm": ["111111121111", "000000000000"],
    Empty: ["000000000000", "000000000000"],
  };
  // Epsilon: 0, then four steps to each power of ten, from a millionth to a thousand.
  const epsilonAt = (k) => (k ? String(Number((10 ** (-6 + (k - 1) / 4)).toPrecision(2))) : "0");
  const epsilonStep = (text) => (Number(text) ? 1 + 4 * (Math.log10(Number(text)) + 6) : 0);

  const above = (map, threshold) => map.map((p) => Number(p >= threshold));

  /** Soft Dice of a mask against the map itself as the soft target; not the mean Dice over targets drawn from it. */
  const againstMap = (map, threshold) => dice(overlap(above(map, threshold), map));

  explorable("to-round-or-not", {
    start: { map: "926811", target: "100100", threshold: "0.5", numerator: "0", denominator: "0" },
    valid: ({ map, target, threshold, numerator, denominator }) =>
      /^([0-9a]{6}){1,6}$/.test(map) && /^[01]+$/.test(target) && map.length === target.length &&
      between(0, 1)(threshold) &&
      [numerator, denominator].every((e) => e === "0" || between(1e-6, 1e3)(e)),

    build(body, set) {
      let now = {};
      let brush = "map";
      const put = (name, i, value) => set({ [name]: now[name].slice(0, i) + value + now[name].slice(i + 1) });
      const raise = (i, by) => put("map", i, TENTHS[(TENTHS.indexOf(now.map[i]) + by + 11) % 11]);
      const flip = (i) => put("target", i, now.target[i] === "1" ? "0" : "1");
      const grid = pixels({
        label: "Probability map. Arrow keys move; plus and minus change a probability, T the target",
        columns: COLUMNS,
        press: (i) => (brush === "map" ? raise(i, 1) : flip(i)),
        key(i, name) {
          if (name === "t") flip(i);
          else if (name === "+" || name === "=") raise(i, 1);
          else if (name === "-") raise(i, -1);
          else return false;
          return true;
        },
      });
      const epsilon = (name, where) => slider({
        label: `Epsilon in the ${where}`, name, steps: 37, value: epsilonAt, step: epsilonStep,
        words: (e) => significant(Number(e)), change: (value) => set({ [name]: value }) });
      const sliders = {
        threshold: slider({ label: "Threshold", name: "threshold", steps: 100, value: (k) => String(k / 100),
          step: (t) => 100 * t, words: (t) => fixed(Number(t), 2), change: (threshold) => set({ threshold }) }),
        numerator: epsilon("numerator", "numerator"),
        denominator: epsilon("denominator", "denominator"),
      };
      const graph = chart({
        label: "Dice of the rounded mask over the threshold: against the target, and against the map itself; the numbers follow",
        xlabel: "threshold", x: (t) => t, ticks: [[0, "0"], [0.25, "0.25"], [0.5, "0.5"], [0.75, "0.75"], [1, "1"]],
      });
      const panel = (kind, title, sums, score, slopes) => html(`<section class="panel">
        <p class="subhead">${title}</p><div class="slopes" data-slopes="${kind}" aria-hidden="true"></div>
        <p class="note">slope of the score at each pixel</p>
        <dl class="formulas">${sums}${score}${slopes}</dl></section>`);
      const terms = (kind) => ["I", "P", "G"].map((name) => place(`${kind}-${name}`, { I: "both", P: "prediction", G: "target" }[name]));
      const [hI, hP, hG] = terms("hard");
      const [sI, sP, sG] = terms("soft");
      const pull = fraction(place("above"), `${place("below")}²`);
      body.append(
        buttons("Examples", ...Object.entries(EXAMPLES).map(([name, [map, target]]) => button(name, () => set({ map, target })))),
        html(`<div class="two"><div class="left"></div><div class="right"></div></div>`),
        html(`<div class="two sides"></div>`),
        html(`<div class="two"><div class="left curve-side"></div><div class="right volume"></div></div>`));
      body.querySelector(".left").append(
        choice("Press to change", "edit", [["map", "probability"], ["target", "target"]], (value) => (brush = value)),
        grid.node, html(`<p class="legend"><span><i class="swatch ring"></i>target</span>
          <span><b class="on-sample">.6</b>at or above the threshold</span></p>`));
      body.querySelector(".right").append(...Object.values(sliders).map((part) => part.node));
      body.querySelector(".sides").append(
        panel("hard", "Rounded: hard Dice", "",
          formula("Dice", fraction(`2 · ${hI}`, `${hP} + ${hG}`), "hard", true),
          `<div class="formula-line"><dt>Slope</dt><dd>${place("hard-slope")}</dd></div>`),
        panel("soft", "Not rounded: soft Dice", "",
          formula("Dice", fraction(`2 · ${sI} + ${place("numerator")}`, `${sP} + ${sG} + ${place("denominator")}`), "soft", true),
          formula("Slope inside", `${fraction("2", place("below"))} − ${pull}`, "slope-object") +
          formula("Slope outside", `−${pull}`, "slope-background")));
      body.querySelector(".curve-side").append(html(`<p class="subhead">Dice of the rounded mask</p>`), graph.node,
        html(`<p class="legend"><span><i class="key"></i>against the target</span>
          <span><i class="key both"></i>against the map</span><span><i class="key thin"></i>2 × threshold</span></p>`));
      body.querySelector(".volume").append(html(`<div><p class="subhead">Where to round</p>
        <p>Scored against the map itself as a soft target, the best mask has the soft Dice <var>D</var>* = ${place("best")}. It
        holds the pixels above <var>D</var>*/2 = ${place("half")}, where the curve meets the line 2&nbsp;×&nbsp;threshold. (Chapter 9
        proves it.) The mean Dice over targets drawn from the map is another number, and may have another best mask.</p>
        <p class="subhead">Volume, in pixels</p><dl class="bars">
        ${[["sum of the map", "map", "prediction"], ["mask at the threshold", "mask", "prediction"],
          ["mask above D*/2", "optimal", "both"], ["target", "target", "target"]].map(([words, key, role]) =>
          `<div><dt>${words}</dt><dd><span class="bar-${key} ${role}"></span>${place(`volume-${key}`)}</dd></div>`).join("")}
        </dl></div>`));

      return (state) => {
        now = state;
        const map = [...state.map].map((c) => TENTHS.indexOf(c) / 10);
        const target = [...state.target].map(Number);
        const [threshold, numerator, denominator] = [state.threshold, state.numerator, state.denominator].map(Number);
        for (const [name, part] of Object.entries(sliders)) part.draw(state[name]);
        const mask = above(map, threshold);
        const [hardSums, softSums] = [overlap(mask, target), overlap(map, target)];
        const hard = dice(hardSums);
        const soft = dice(softSums, numerator, denominator);
        const slopes = [0, 1].map((g) => diceSlope(softSums, g, numerator, denominator));
        const onEdge = map.filter((p) => p === threshold).length;

        const levels = [...new Set(map)].filter((p) => p > 0);
        const best = levels.length ? Math.max(...levels.map((t) => againstMap(map, t))) : NaN;
        const optimal = Number.isNaN(best) ? 0 : map.filter((p) => p > best / 2).length;

        grid.draw(map.length, (i) => ({
          words: `probability ${map[i]}, ${target[i] ? "target" : "background"}, ${mask[i] ? "above" : "below"} the threshold`,
          text: map[i] === 0 || map[i] === 1 ? String(map[i]) : String(map[i]).slice(1),
          kind: `tint${target[i] ? " ring" : ""}${mask[i] ? " on" : ""}`,
          css: `--share:${Math.round(map[i] * 100)}%`,
        }));
        const arrows = (kind, at) => {
          const holder = body.querySelector(`[data-slopes=${kind}]`);
          holder.style.setProperty("--columns", COLUMNS);
          holder.replaceChildren(...target.map((g, i) => {
            const value = at(g, i);
            const cell = document.createElement("span");
            cell.textContent = Number.isNaN(value) ? "?" : value > 0 ? "▲" : value < 0 ? "▼" : "0";
            cell.className = value > 0 ? "up" : value < 0 ? "down" : "";
            return cell;
          }));
        };
        arrows("hard", (_, i) => (map[i] === threshold ? NaN : 0));
        arrows("soft", (g) => slopes[g]);

        // Masks change only at the probabilities of the map: the curves are steps.
        const edges = [0, ...levels.sort((a, b) => a - b), 1];
        const steps = (score) => edges.slice(1).flatMap((t, k) => {
          const value = score(t);
          return Number.isNaN(value) ? [] : [[edges[k], value], [t, value]];
        });
        const parts = [graph.path([[0, 0], [0.5, 1]], "curve thin")];
        const hardCurve = steps((t) => dice(overlap(above(map, t), target)));
        const mapCurve = steps((t) => againstMap(map, t));
        if (hardCurve.length) parts.push(graph.path(hardCurve, "curve ink"));
        if (mapCurve.length) parts.push(graph.path(mapCurve, "curve both"));
        parts.push(graph.line(graph.at(threshold, 0), graph.at(threshold, 1), "here"));
        const flag = (t, words, y, left) => svg("text", { x: graph.at(t, 0)[0] + (left ? -6 : 6), y,
          "text-anchor": left ? "end" : "start", class: "halo" }, words);
        const half = best / 2; // each of the two names stands on the side that is clear of the other's line
        if (!Number.isNaN(best)) {
          const [cx, cy] = graph.at(half, best);
          parts.push(graph.line(graph.at(half, 0), graph.at(half, best), "here optimal"),
            svg("circle", { cx, cy, r: 5.5, class: "dot both" }),
            flag(half, "D*/2", 184, half < threshold && half > 0.12));
        }
        parts.push(flag(threshold, "threshold", 168, threshold > (half > threshold ? 0.3 : 0.7)));
        graph.layer.replaceChildren(...parts);

        const volumes = { map: add(map), mask: add(mask), optimal, target: add(target) };
        const longest = Math.max(1, ...Object.values(volumes));
        for (const [key, value] of Object.entries(volumes))
          body.querySelector(`.bar-${key}`).style.width = `${(70 * value) / longest}%`;

        show(body, {
          "hard-I": hardSums.intersection, "hard-P": hardSums.prediction, "hard-G": hardSums.target, hard: fixed(hard),
          "hard-slope": onEdge ? `0; undefined where the probability is the threshold (${onEdge} of ${map.length} pixels)` : "0 at every pixel",
          "soft-I": fixed(softSums.intersection, 1), "soft-P": fixed(softSums.prediction, 1), "soft-G": softSums.target,
          numerator: significant(numerator), denominator: significant(denominator), soft: fixed(soft),
          above: significant(2 * softSums.intersection + numerator),
          below: significant(softSums.prediction + softSums.target + denominator),
          "slope-object": significant(slopes[1]), "slope-background": significant(slopes[0]),
          best: fixed(best), half: fixed(best / 2),
          "volume-map": fixed(volumes.map, 1), "volume-mask": volumes.mask,
          "volume-optimal": volumes.optimal, "volume-target": volumes.target,
        });
        return `Hard Dice ${fixed(hard)} with slope 0. Soft Dice ${fixed(soft)}, slope ${significant(slopes[1])} in the object ` +
          `and ${significant(slopes[0])} in the background. D*/2 is ${fixed(best / 2)}.`;
      };
    },
  });
})();
