/* Arrows: where each loss pushes the logits of six pixels, and where it is silent. */
(() => {
  "use strict";
  const { overlap, diceSlope, fixed, html, svg, place, show, button, buttons, choice, pixels } = explorables;
  const { asking, columns, lines } = explorables;

  const PIXELS = [0, 1, 2, 3, 4, 5];
  const BRUSHES = ["0.001", "0.1", "0.5", "0.9", "0.999"];
  const LOSSES = { dice: ["Dice loss", "both"], ce: ["Cross entropy", "ink"] };
  const SCENES = {
    "Sure and wrong": ["0.9,0.6,0.999,0.2,0.1,0.001", "110000"],
    "Six pixels": ["0.9,0.2,0.6,0.8,0.1,0.1", "100100"],
    "Sure of nothing": ["0.001,0.001,0.001,0.001,0.001,0.001", "110000"],
    "Empty target": ["0.9,0.6,0.5,0.2,0.1,0.001", "000000"],
    Undecided: ["0.5,0.5,0.5,0.5,0.5,0.5", "110000"],
  };
  const NO_TARGET = "Without a target Dice is 0, and so is every push of its loss.";
  const START = "Sure and wrong";
  const SILENT = 1 / 600; // a hundredth of the largest push of cross entropy
  const LARGEST = 1 / 6;
  const oneDecimal = (value) => fixed(Math.abs(value) < 0.05 ? 0 : value, 1);

  /** Minus the slope of each loss with respect to each logit. */
  const pushes = (p, g) => {
    const sums = overlap(p, g);
    return {
      dice: p.map((value, i) => diceSlope(sums, g[i]) * value * (1 - value)),
      ce: p.map((value, i) => (g[i] - value) / p.length),
    };
  };

  asking("arrows", {
    question: "At the start, pixel 3 is background, and the network is sure of the opposite. Which loss pushes it down?",
    options: { dice: "the Dice loss", ce: "cross entropy", both: "both alike", neither: "neither" },
    answer: "ce",
    reason: `In hundredths, cross entropy pushes pixel 3 of the start by ${place("start-ce")}, the Dice loss by ${place("start-dice")}.
      The push of the Dice loss has the factor p(1 − p), next to nothing where the network is sure, right or wrong. Paint, and find where each loss is silent.`,
    start: Object.fromEntries(["p", "target"].map((key, k) => [key, SCENES[START][k]])),
    valid: ({ p, target }) => /^[01]{6}$/.test(target) && p.split(",").length === 6 &&
      p.split(",").every((text) => /^0\.\d{1,3}$/.test(text) && Number(text) > 0),

    build(body, set) {
      let now = {};
      let brush = BRUSHES[0];
      const flip = (i) => set({ target: now.target.slice(0, i) + (1 - now.target[i]) + now.target.slice(i + 1) });
      const grid = pixels({
        label: "Probabilities of six pixels. Arrow keys move; Enter paints; T turns the target",
        columns: PIXELS.length,
        press: (i, first) => {
          if (brush !== "target") set({ p: now.p.split(",").map((old, k) => (k === i ? brush : old)).join() });
          else if (first) flip(i);
        },
        key(i, name) {
          if (name === "t") flip(i);
          return name === "t";
        },
      });
      const layers = Object.fromEntries(Object.keys(LOSSES).map((key) => [key, svg("g")]));
      const rows = Object.entries(LOSSES).map(([key, [words]]) => {
        const row = html(`<div class="after"><p class="subhead">${words}</p>
          <p class="rounded">${PIXELS.map((i) => place(`${key}-${i}`)).join("")}</p></div>`);
        row.querySelector(".subhead").after(svg("svg", { class: "chart arrows", viewBox: "0 0 396 84", role: "img",
          "aria-label": `The pushes of the ${words}, as arrows over the numbers` },
          svg("line", { x1: 0, x2: 396, y1: 42, y2: 42 }), layers[key]));
        return row;
      });
      columns(body,
        [choice("Paint with", "brush", [...BRUSHES.map((value) => [value, value]), ["target", "target"]], (value) => (brush = value)),
          grid.node, ...rows],
        [html(`<p class="legend"><span><i class="swatch ring"></i>target</span></p>`),
          buttons("Scenes", ...Object.entries(SCENES).map(([words, [p, target]]) => button(words, () => set({ p, target })))),
          lines([["dice-silent", "Silent pixels, Dice loss"], ["ce-silent", "Silent pixels, cross entropy"]]),
          html(`<p class="note after">Arrows and numbers are the pushes of the logits, −∂<var>L</var>/∂<var>z</var>, in hundredths. A pixel
            is silent below a hundredth of the largest push of cross entropy, 1/6. ${place("why")}</p>`)]);

      const arrow = (push, i, kind) => {
        const [x, length] = [66 * i + 33, 38 * Math.max(-1, Math.min(1, push / LARGEST))];
        if (Math.abs(push) < SILENT) return svg("circle", { cx: x, cy: 42, r: 4, class: "hollow" });
        const head = Math.sign(length) * Math.min(10, Math.abs(length) / 2); // the other half is shaft
        const tip = 42 - length;
        return svg("path", { class: `arrow ${kind}`, d: `M${x - 5} 42V${tip + head}H${x - 12}L${x} ${tip}L${x + 12} ${tip + head}H${x + 5}V42Z` });
      };

      return (state) => {
        now = state;
        const [p, g] = [state.p.split(",").map(Number), [...state.target].map(Number)];
        const found = pushes(p, g);
        grid.draw(PIXELS.length, (i) => ({
          words: `probability ${p[i]}, ${g[i] ? "target" : "background"}`,
          text: String(p[i]).slice(1),
          kind: `tint small${g[i] ? " ring" : ""}`,
          css: `--share:${Math.round(p[i] * 100)}%`,
        }));
        const values = { why: Math.max(...g) ? "" : NO_TARGET };
        const [p0, g0] = [SCENES[START][0].split(",").map(Number), [...SCENES[START][1]].map(Number)];
        for (const [key, list] of Object.entries(pushes(p0, g0))) values[`start-${key}`] = oneDecimal(100 * list[2]);
        for (const [key, list] of Object.entries(found)) {
          layers[key].replaceChildren(...list.map((push, i) => arrow(push, i, LOSSES[key][1])));
          list.forEach((push, i) => (values[`${key}-${i}`] = oneDecimal(100 * push)));
          values[`${key}-silent`] = list.filter((push) => Math.abs(push) < SILENT).length;
        }
        show(body, values);
        return `The Dice loss is silent at ${values["dice-silent"]} of six pixels, cross entropy at ${values["ce-silent"]}.`;
      };
    },
  });
})();
