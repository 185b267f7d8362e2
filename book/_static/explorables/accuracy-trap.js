/* The accuracy trap: fixed rates, every share of the object. All sums are shares of the image. */
(() => {
  "use strict";
  const { dice, divide, fixed, significant, html, svg, place, fraction, formula, show } = explorables;
  const { buttons, button, slider, strokes, chart, explorable, between } = explorables;

  const [SMALL, LARGE, STEPS] = [1e-4, 0.5, 200];
  const share = (size) => Math.log(size / SMALL) / Math.log(LARGE / SMALL);
  const sizeAt = (x) => String(Number((SMALL * (LARGE / SMALL) ** x).toPrecision(3)));
  const percent = (value) => `${significant(100 * value, 3)} %`;

  const measure = (size, sensitivity, specificity) => {
    const found = sensitivity * size;
    const background = specificity * (1 - size);
    const sums = { intersection: found, prediction: found + (1 - size - background), target: size };
    return { sums, background, accuracy: found + background, dice: dice(sums) };
  };

  explorable("accuracy-trap", {
    start: { size: "0.01", sensitivity: "0.9", specificity: "0.99" },
    valid: ({ size, sensitivity, specificity }) =>
      between(SMALL, LARGE)(size) && between(0, 1)(sensitivity) && between(0.9, 1)(specificity),

    build(body, set) {
      const sliders = {
        size: slider({ label: "Share of the image that the object covers", name: "size", steps: STEPS,
          value: (k) => sizeAt(k / STEPS), step: (v) => STEPS * share(v), words: percent,
          change: (size) => set({ size }) }),
        sensitivity: slider({ label: "Sensitivity: share of the object that is found", name: "sensitivity",
          steps: 100, value: (k) => String(k / 100), step: (v) => 100 * v, words: (v) => fixed(Number(v), 2),
          change: (sensitivity) => set({ sensitivity }) }),
        specificity: slider({ label: "Specificity: share of the background left unmarked", name: "specificity",
          steps: 100, value: (k) => String((900 + k) / 1000), step: (v) => 1000 * v - 900,
          words: (v) => fixed(Number(v), 3), change: (specificity) => set({ specificity }) }),
      };
      const graph = chart({
        label: "Accuracy and Dice over the share of the object, with the chosen share marked; the numbers follow",
        xlabel: "share of the image that the object covers", x: share,
        ticks: [[0.0001, "0.01 %"], [0.001, "0.1 %"], [0.01, "1 %"], [0.1, "10 %"], [0.5, "50 %"]],
      });
      strokes(graph.node, (event) => set({ size: sizeAt(graph.across(event)) }));

      const numbers = html(`<dl class="formulas">
        ${formula("Accuracy", `${place("I", "both")} + ${place("TN")}`, "accuracy")}
        ${formula("Dice", fraction(`2 · ${place("I", "both")}`, `${place("P", "prediction")} + ${place("G", "target")}`), "dice", true)}
        ${formula("Precision", fraction(place("I", "both"), place("P", "prediction")), "precision")}
      </dl>`);
      const marked = html(`<div class="marked"><p>Of what the model marks</p>
        <div class="bar"><span class="both"></span><span class="prediction"></span></div>
        <p class="legend"><span><i class="swatch both"></i>right: ${place("right")}</span>
        <span><i class="swatch prediction"></i>wrong: ${place("wrong")}</span></p></div>`);
      const sums = html(`<dl class="sums">
        <div><dt><i class="swatch both"></i>Intersection <var>I</var></dt><dd>${place("I")}</dd></div>
        <div><dt><i class="swatch prediction"></i>Prediction <var>P</var></dt><dd>${place("P")}</dd></div>
        <div><dt><i class="swatch target"></i>Target <var>G</var></dt><dd>${place("G")}</dd></div>
        <div><dt><i class="swatch"></i>True negatives</dt><dd>${place("TN")}</dd></div>
      </dl>`);
      const sizes = buttons("Shares", ...["0.5", "0.1", "0.01", "0.001"].map((size) =>
        button(percent(size), () => set({ size }))));
      body.append(html(`<div class="two"><div class="left"></div><div class="right"></div></div>`));
      body.querySelector(".left").append(graph.node, sliders.size.node, sizes,
        sliders.sensitivity.node, sliders.specificity.node);
      body.querySelector(".right").append(html(`<p class="note">All sums are shares of the image.</p>`),
        sums, numbers, marked);

      return (state) => {
        const [size, sensitivity, specificity] = [state.size, state.sensitivity, state.specificity].map(Number);
        for (const [name, part] of Object.entries(sliders)) part.draw(state[name]);
        const here = measure(size, sensitivity, specificity);
        const { intersection: I, prediction: P, target: G } = here.sums;
        const precision = divide(I, P);

        const points = Array.from({ length: 121 }, (_, k) => SMALL * (LARGE / SMALL) ** (k / 120));
        const curve = (name) => points.map((q) => [q, measure(q, sensitivity, specificity)[name]]);
        // Between the curves, left of the dots, names keep clear: accuracy falls, and Dice rises.
        const side = share(size) > 0.3 ? ["end", -9] : ["start", 9];
        const gap = here.accuracy - here.dice;
        const apart = Math.abs(gap) >= 0.12;
        const dot = (name, kind, words) => {
          const [cx, cy] = graph.at(size, here[name]);
          const low = name === "accuracy" || gap < 0.3; // below its dot
          return [svg("circle", { cx, cy, r: 5.5, class: `dot ${kind}` }),
            svg("text", { x: cx + side[1], y: cy + (low ? 19 : -8), "text-anchor": side[0], class: "halo" }, words)];
        };
        graph.layer.replaceChildren(
          graph.line(graph.at(size, 0), graph.at(size, 1), "here"),
          graph.path(curve("accuracy"), "curve alarm"), graph.path(curve("dice"), "curve both"),
          ...dot("accuracy", "alarm", apart ? "accuracy" : "accuracy and Dice"),
          ...dot("dice", "both", apart ? "Dice" : ""));
        marked.querySelector(".bar .both").style.flexGrow = precision || 0;
        marked.querySelector(".bar .prediction").style.flexGrow = 1 - (precision || 0);
        show(body, {
          I: significant(I), P: significant(P), G: significant(G), TN: significant(here.background),
          accuracy: fixed(here.accuracy), dice: fixed(here.dice), precision: fixed(precision),
          right: Number.isNaN(precision) ? "undefined" : percent(precision),
          wrong: Number.isNaN(precision) ? "undefined" : percent(1 - precision),
        });
        return `The object covers ${percent(size)}. Accuracy ${fixed(here.accuracy)}, Dice ${fixed(here.dice)}.`;
      };
    },
  });
})();
