/* Same shape, other score: one mask, flipped, transposed and shifted before it is scored. */
(() => {
  "use strict";
  const { overlap, dice, fixed, place, show, button, buttons, choice, slider } = explorables;
  const { asking, given, cells, legend, mosaic, columns, lines, whole } = explorables;

  const TURNS = ["transpose", "flip the rows", "flip the columns"];
  const EVERY = Array.from({ length: 8 }, (_, n) => n.toString(2).padStart(3, "0"));
  const MOST = 3;

  /** A square mask, transposed and flipped by the bits, then shifted; what leaves it is lost. */
  const turned = (mask, side, bits, shift) => mask.map((_, i) => {
    let [row, column] = [Math.floor(i / side), (i % side) - shift];
    if (column < 0 || column >= side) return 0;
    if (bits[1] === "1") row = side - 1 - row;
    if (bits[2] === "1") column = side - 1 - column;
    return mask[bits[0] === "1" ? side * column + row : side * row + column];
  });

  asking("same-shape-other-score", {
    question: "A reader hands over the prediction with rows and columns exchanged. Both arrays are 12 × 12. What will the program say?",
    options: { error: "an error", warning: "a warning", nothing: "nothing" },
    answer: "nothing",
    reason: `The shapes agree, and nothing else is checked. Only the score falls: exchanging rows and columns takes the lopsided
      organ from ${place("straight")} to ${place("exchanged")}, far enough to be noticed. Turn the round one: what does a wrong reading cost there?`,
    start: { organ: "lopsided", turn: "000", shift: "0" },
    valid: ({ organ, turn, shift }) => ["lopsided", "round"].includes(organ) && EVERY.includes(turn) && whole(-MOST, MOST)(shift),

    build(body, set) {
      const scenes = given("same-shape-other-score");
      const { target: rows = ["#"] } = scenes;
      const side = rows.length;
      const of = (organ) => ["target", "prediction"].map((key) => cells(scenes[organ === "round" ? `round_${key}` : key] || rows));
      const lopsided = (bits) => dice(overlap(turned(of("lopsided")[1], side, bits, 0), of("lopsided")[0]));
      let now = {};
      const toggles = TURNS.map((words, k) => button(words, () =>
        set({ turn: now.turn.slice(0, k) + (1 - now.turn[k]) + now.turn.slice(k + 1) })));
      const organ = choice("Organ", "organ", [["lopsided", "lopsided"], ["round", "round"]], (value) => set({ organ: value }));
      const shift = slider({ label: "Shift to the right, in pixels", name: "shift", steps: 2 * MOST, value: (k) => String(k - MOST),
        step: (v) => Number(v) + MOST, words: (v) => fixed(Number(v), 0), change: (value) => set({ shift: value }) });
      const picture = mosaic("The target and the prediction as it is turned; the numbers follow", side);
      columns(body, [picture.node, legend(), organ, buttons("Turns", ...toggles), shift.node],
        [lines([["dice", "Dice", "both"], ["shape", "Shape of both arrays"], ["P", "Pixels of the prediction", "prediction"], ["G", "Pixels of the target", "target"]]),
          lines([["best", "The highest Dice of all eight turns, without a shift"], ["second", "The second"], ["worst", "The lowest"]])]);

      return (state) => {
        now = state;
        const [g, p] = of(state.organ);
        organ.querySelector(`[value="${state.organ}"]`).checked = true;
        shift.draw(state.shift);
        toggles.forEach((node, k) => node.setAttribute("aria-pressed", String(state.turn[k] === "1")));
        const here = turned(p, side, state.turn, Number(state.shift));
        picture.masks(here, g);
        const sums = overlap(here, g);
        const [best, second, ...others] = EVERY.map((bits) => dice(overlap(turned(p, side, bits, 0), g))).sort((a, b) => b - a);
        show(body, { dice: fixed(dice(sums)), shape: `${side} × ${side}`, P: sums.prediction, G: sums.target,
          ...Object.fromEntries([["straight", "000"], ["exchanged", "100"]].map(([key, bits]) => [key, fixed(lopsided(bits))])),
          best: fixed(best), second: fixed(second), worst: fixed(others.at(-1)) });
        return `Dice ${fixed(dice(sums))}, no message.`;
      };
    },
  });
})();
