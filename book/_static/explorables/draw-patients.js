/* Draw the patients again: intervals of three models, and how often each comes first. */
(() => {
  "use strict";
  const { add, dice, fixed, html, place, svg, show, button, buttons, slider } = explorables;
  const { asking, given, columns, percentile, whole } = explorables;

  const [SETS, FEWEST, MOST] = [400, 5, 40];
  const MODELS = ["A", "B", "C"];
  const [LOW, HIGH] = [0.7, 1]; // ends of the axis

  /** Numbers from 0 to 1, the same for the same seed (mulberry32). */
  const random = (seed) => {
    let a = seed;
    return () => {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), a | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  };

  asking("draw-patients", {
    question: "Draw test sets of ten patients from these, with replacement: how often does C come first?",
    options: { always: "nearly always", six: "in six of ten", third: "in one of three" },
    answer: "six",
    reason: `In ${SETS} test sets of ten patients, C is first in ${place("ten-C")}, B in ${place("ten-B")}, A in ${place("ten-A")}.
      The intervals overlap by far. Draw again, and draw more.`,
    start: { patients: "10", seed: "1" },
    valid: ({ patients, seed }) => whole(FEWEST, MOST)(patients) && whole(1, 999)(seed),

    build(body, set) {
      const { target = [1], ...sums } = given("draw-patients");
      const scores = MODELS.map((model) => target.map((size, k) => dice({ target: size,
        intersection: sums[model]?.intersection[k], prediction: sums[model]?.prediction[k] })));
      let now = {};
      const size = slider({ label: "Patients in a test set", name: "patients", steps: MOST - FEWEST, value: (k) => String(k + FEWEST),
        step: (v) => v - FEWEST, words: String, change: (patients) => set({ patients }) });
      const x = (value) => 30 + 355 * ((value - LOW) / (HIGH - LOW));
      const y = (k) => 22 + 38 * k;
      const layer = svg("g");
      const graph = svg("svg", { class: "chart after", viewBox: "0 0 400 160", role: "img",
        "aria-label": "The mean of each model in the test set drawn, and the middle 95 % of 400 means; the numbers follow" },
        svg("line", { x1: x(LOW), x2: x(HIGH), y1: 122, y2: 122, class: "axis" }),
        ...[0.7, 0.8, 0.9, 1].map((value) => svg("text", { x: x(value), y: 146, "text-anchor": "middle" }, String(value))), layer);
      columns(body,
        [size.node, buttons("Draw", button("Draw other patients", () => set({ seed: String((Number(now.seed) % 999) + 1) }))), graph,
          html(`<p class="legend after"><span><i class="swatch round ink"></i>mean in the first test set drawn</span>
            <span><i class="swatch round both"></i>green: the highest of them</span><span><i class="swatch spread"></i>middle 95 % of ${SETS} means</span></p>`)],
        [html(`<p class="subhead after">Mean Dice in a test set of ${place("patients")}, and the middle 95 % of ${SETS} such</p>`),
          html(`<dl class="sums after">${MODELS.map((model) => `<div><dt>${model}: ${place(`mean-${model}`)}</dt>
            <dd>${place(`low-${model}`)} to ${place(`high-${model}`)}</dd></div>`).join("")}
            <div><dt>First in this test set</dt><dd>${place("leads")}</dd></div>
            <div><dt>First, of ${SETS} test sets</dt><dd>${MODELS.map((model) => `${model}: ${place(`first-${model}`)}`).join(", ")}</dd></div></dl>`)]);

      return (state) => {
        now = state;
        size.draw(state.patients);
        const draw = (count, seed) => {
          const lot = random(seed);
          return Array.from({ length: SETS }, () => {
            const drawn = Array.from({ length: count }, () => Math.floor(lot() * target.length));
            return scores.map((of) => add(drawn.map((k) => of[k])) / count);
          });
        };
        const [count, seed] = [state.patients, state.seed].map(Number);
        const [sets, ten] = [draw(count, seed), draw(10, seed)];
        const first = (means) => means.indexOf(Math.max(...means));
        const values = { patients: count, leads: MODELS[first(sets[0])] };
        MODELS.forEach((model, k) => (values[`ten-${model}`] = ten.filter((set) => first(set) === k).length));
        layer.replaceChildren(...MODELS.flatMap((model, k) => {
          const means = sets.map((set) => set[k]);
          const [mean, low, high] = [means[0], percentile(means, 2.5), percentile(means, 97.5)];
          values[`first-${model}`] = sets.filter((set) => first(set) === k).length;
          Object.assign(values, { [`mean-${model}`]: fixed(mean), [`low-${model}`]: fixed(low), [`high-${model}`]: fixed(high) });
          return [svg("text", { x: 4, y: y(k) + 5 }, model), svg("line", { x1: x(low), x2: x(high), y1: y(k), y2: y(k), class: "spread" }),
            svg("circle", { cx: x(mean), cy: y(k), r: 6.5, class: `dot ${values.leads === model ? "both" : "ink"}` })];
        }));
        show(body, values);
        return `${values.leads} comes first; C in ${values["first-C"]} of ${SETS} test sets.`;
      };
    },
  });
})();
