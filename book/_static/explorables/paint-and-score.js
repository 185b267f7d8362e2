/* Paint and score: two masks on one grid, and every score that is read off their three sums. */
(() => {
  "use strict";
  const { overlap, dice, iou, accuracy, fixed, html, place, fraction, formula, show } = explorables;
  const { button, buttons, choice, pixels, explorable } = explorables;

  const COLUMNS = 6;
  const KINDS = [["neither", ""], ["target only", "target"], ["prediction only", "prediction"], ["overlap", "both"]];
  const DISK = "011000111100111100011000";
  const EXAMPLES = {
    "Six pixels": ["100100", "101100"],
    Perfect: [DISK, DISK],
    Disjoint: ["110000110000110000000000", "000000000110000110000110"],
    Empty: ["0".repeat(24), "0".repeat(24)],
  };
  const bits = (text) => [...text].map(Number);

  /** Draw `count` of the items by lot. */
  const draw = (items, count) => {
    const left = [...items];
    return Array.from({ length: count }, () => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
  };

  explorable("paint-and-score", {
    start: { target: "100100", prediction: "101100" },
    valid: ({ target, prediction }) =>
      [target, prediction].every((mask) => /^([01]{6}){1,6}$/.test(mask)) && target.length === prediction.length,

    build(body, set) {
      let now = {};
      let brush = "prediction";
      let ink = "1";
      const put = (name, i, value) =>
        set({ [name]: now[name].slice(0, i) + value + now[name].slice(i + 1) });
      const flip = (name, i) => put(name, i, now[name][i] === "1" ? "0" : "1");

      const grid = pixels({
        label: "Pixels. Arrow keys move; T marks the target, P the prediction",
        columns: COLUMNS,
        press(i, first) {
          if (first) ink = now[brush][i] === "1" ? "0" : "1";
          put(brush, i, ink);
        },
        key(i, name) {
          const mask = { t: "target", p: "prediction" }[name];
          if (mask) flip(mask, i);
          return Boolean(mask);
        },
      });

      /** The same numbers of errors at other pixels: the target stays, and so do all three sums. */
      const scatter = () => {
        const [g, p] = [bits(now.target), bits(now.prediction)];
        const all = [...g.keys()];
        const found = g.filter((value, i) => value && p[i]).length;
        const alarms = p.filter((value, i) => value && !g[i]).length;
        const marked = new Set([...draw(all.filter((i) => g[i]), found), ...draw(all.filter((i) => !g[i]), alarms)]);
        set({ prediction: all.map((i) => Number(marked.has(i))).join("") });
      };
      const more = button("Add a row of background", () =>
        set({ target: now.target + "000000", prediction: now.prediction + "000000" }));
      const fewer = button("Remove the last row", () =>
        set({ target: now.target.slice(0, -COLUMNS), prediction: now.prediction.slice(0, -COLUMNS) }));

      const numbers = html(`<div>
        <dl class="sums">
          <div><dt><i class="swatch both"></i>Intersection <var>I</var></dt><dd>${place("I")}</dd></div>
          <div><dt><i class="swatch prediction"></i>Prediction <var>P</var></dt><dd>${place("P")}</dd></div>
          <div><dt><i class="swatch target"></i>Target <var>G</var></dt><dd>${place("G")}</dd></div>
          <div><dt><i class="swatch"></i>All pixels</dt><dd>${place("N")}</dd></div>
        </dl>
        <dl class="formulas">
          ${formula("Dice", fraction(`2 · ${place("I", "both")}`, `${place("P", "prediction")} + ${place("G", "target")}`), "dice", true)}
          ${formula("IoU", fraction(place("I", "both"), `${place("P", "prediction")} + ${place("G", "target")} − ${place("I", "both")}`), "iou")}
          ${formula("Accuracy", fraction(`${place("I", "both")} + ${place("TN")}`, place("N")), "accuracy")}
          ${formula("Dice loss", `1 − ${place("dice")}`, "loss")}
        </dl></div>`);

      body.append(
        buttons("Examples", ...Object.entries(EXAMPLES).map(([name, [target, prediction]]) =>
          button(name, () => set({ target, prediction })))),
        html(`<div class="two"><div class="left"></div><div class="right"></div></div>`));
      const left = body.querySelector(".left");
      left.append(
        choice("Paint the", "brush", [["prediction", "prediction"], ["target", "target"]], (value) => (brush = value)),
        grid.node,
        html(`<p class="legend">${KINDS.slice(1).map(([words, kind]) =>
          `<span><i class="swatch ${kind}"></i>${words}</span>`).join("")}</p>`),
        buttons("Change the picture", button("Scatter the errors", scatter), more, fewer));
      body.querySelector(".right").append(numbers);

      return (state) => {
        now = state;
        const [g, p] = [bits(state.target), bits(state.prediction)];
        grid.draw(g.length, (i) => {
          const [words, kind] = KINDS[g[i] + 2 * p[i]];
          return { words, kind };
        });
        more.disabled = g.length >= 36;
        fewer.disabled = g.length <= COLUMNS;
        const sums = overlap(p, g);
        const score = dice(sums);
        const right = accuracy(p, g);
        const { intersection: I, prediction: P, target: G } = sums;
        show(body, {
          I, P, G, N: g.length, TN: g.length - P - G + I,
          dice: fixed(score), iou: fixed(iou(sums)), accuracy: fixed(right), loss: fixed(1 - score),
        });
        return `Intersection ${I}, prediction ${P}, target ${G}. Dice ${fixed(score)}, IoU ${fixed(iou(sums))}, ` +
          `accuracy ${fixed(right)}, Dice loss ${fixed(1 - score)}.`;
      };
    },
  });
})();
