/* The worked example, live: from twelve logits and four labels to the loss, every number shown. */
(() => {
  "use strict";
  const { add, overlap, dice, softmax, oneHot, fixed, significant, h, html, place, fraction, show } = explorables;
  const { button, buttons, explorable } = explorables;

  const CLASSES = ["A", "B", "C"];
  const PIXELS = [0, 1, 2, 3];
  const EXAMPLE = "1,0,0,0.5,0,1,0,0.5,0,0,1,0";
  const number = (text) => /^-?\d*\.?\d+$/.test(text) && Math.abs(Number(text)) <= 6;
  const onTarget = (labels, value) =>
    CLASSES.flatMap((_, c) => [...labels].map((label) => (Number(label) === c ? value : "0"))).join();

  const matrix = (cells, label) => `<div class="matrix" role="group" aria-label="${label}">${cells.join("")}</div>`;
  const perClass = (title, cells) => `<p class="subhead">${title}</p><div class="classes">${CLASSES.map((name, c) =>
    `<div class="class-${name}">${matrix(PIXELS.map((i) => cells(c, i)), `class ${name}`)}</div>`).join("")}</div>`;
  const values = (key) => (c, i) => `<span>${place(`${key}-${c}-${i}`)}</span>`;
  const single = (title, cells) => `<p class="subhead">${title}</p><div class="classes one">${matrix(PIXELS.map(cells), title)}</div>`;

  explorable("worked-example-live", {
    start: { logits: EXAMPLE, labels: "0112" },
    valid: ({ logits, labels }) =>
      /^[012]{4}$/.test(labels) && logits.split(",").length === 12 && logits.split(",").every(number),

    build(body, set) {
      let now = {};
      const field = (c, i) => `<input type="number" step="0.1" min="-6" max="6" data-logit="${4 * c + i}"
        aria-label="logit of class ${CLASSES[c]} at pixel ${i + 1}">`;
      const label = (i) => `<select data-label="${i}" aria-label="label of pixel ${i + 1}">${CLASSES.map((name, c) =>
        `<option value="${c}">${name}</option>`).join("")}</select>`;
      const perClassLine = (write) => `<div class="classes">${CLASSES.map((name, c) =>
        `<div class="class-${name}">${write(name, c)}</div>`).join("")}</div>`;

      body.append(
        buttons("Examples",
          button("The example", () => set({ logits: EXAMPLE, labels: "0112" })),
          button("All equal", () => set({ logits: Array(12).fill("0").join() })),
          button("Sure and right", () => set({ logits: onTarget(now.labels, "6") })),
          button("Sure and wrong", () => set({ logits: onTarget(now.labels, "-6") }))),
        html(`<div class="steps">
          <div class="classes names">${CLASSES.map((name) => `<strong class="class-${name}">class ${name}</strong>`).join("")}</div>
          ${perClass("Logits <var>z</var>: change them", field)}
          ${perClass("Powers e<sup><var>z</var></sup>", values("power"))}
          ${single("Their sum at each pixel", (i) => `<span>${place(`powers-${i}`)}</span>`)}
          ${perClass("Probabilities <var>p</var>: power by sum", values("p"))}
          ${single("Label of each pixel: change them", label)}
          ${perClass("Masks <var>y</var>, one for each class", values("y"))}
          ${perClass("Products <var>p y</var>", values("product"))}
          <p class="subhead">Three sums for each class</p>
          ${perClassLine((name, c) => `<dl class="three">
            <div><dt><i class="swatch both"></i><var>I</var></dt><dd>${place(`I-${c}`)}</dd></div>
            <div><dt><i class="swatch prediction"></i><var>P</var></dt><dd>${place(`P-${c}`)}</dd></div>
            <div><dt><i class="swatch target"></i><var>G</var></dt><dd>${place(`G-${c}`)}</dd></div></dl>`)}
          <p class="subhead">Dice of each class: 2<var>I</var> over <var>P</var> + <var>G</var></p>
          ${perClassLine((name, c) => `<p class="class-dice">${fraction(`2 · ${place(`I-${c}`)}`, `${place(`P-${c}`)} + ${place(`G-${c}`)}`)}
            <span class="equals">= <output data-show="dice-${c}" aria-live="off"></output></span></p>`)}
          <p class="subhead">Macro Dice and the loss</p>
          <dl class="formulas">
            <div class="formula-line"><dt>Macro Dice</dt><dd>= ${fraction(CLASSES.map((_, c) => place(`dice-${c}`)).join(" + "), "3")}
              = <output data-show="macro" aria-live="off"></output></dd></div>
            <div class="formula-line main"><dt>Loss</dt><dd>= 1 − ${place("macro")} = <output data-show="loss" aria-live="off"></output></dd></div>
          </dl></div>`));

      body.addEventListener("input", ({ target: field }) => {
        if (!field.dataset.logit) return;
        const good = number(field.value);
        field.setAttribute("aria-invalid", String(!good));
        if (!good) return;
        const logits = now.logits.split(",");
        logits[field.dataset.logit] = field.value;
        set({ logits: logits.join() });
      });
      body.addEventListener("change", ({ target: field }) => {
        if (field.dataset.label) set({ labels: PIXELS.map((i) => body.querySelector(`[data-label="${i}"]`).value).join("") });
        if (field.dataset.logit && !number(field.value)) {
          field.value = now.logits.split(",")[field.dataset.logit];
          field.setAttribute("aria-invalid", "false");
        }
      });

      return (state) => {
        now = state;
        const texts = state.logits.split(",");
        const labels = [...state.labels].map(Number);
        texts.forEach((text, k) => {
          const input = body.querySelector(`[data-logit="${k}"]`);
          if (Number(input.value) !== Number(text) || !input.value) input.value = text;
          input.setAttribute("aria-invalid", "false");
        });
        labels.forEach((name, i) => (body.querySelector(`[data-label="${i}"]`).value = name));

        const logits = CLASSES.map((_, c) => PIXELS.map((i) => Number(texts[4 * c + i])));
        const columns = PIXELS.map((i) => softmax(logits.map((row) => row[i])));
        const probabilities = CLASSES.map((_, c) => PIXELS.map((i) => columns[i][c]));
        const masks = oneHot(labels, CLASSES.length);
        const numbers = {};
        CLASSES.forEach((_, c) => PIXELS.forEach((i) => {
          const [p, y] = [probabilities[c][i], masks[c][i]];
          const power = Math.exp(logits[c][i]);
          numbers[`power-${c}-${i}`] = power < 1 ? fixed(power) : significant(power);
          numbers[`p-${c}-${i}`] = fixed(p);
          numbers[`y-${c}-${i}`] = y;
          numbers[`product-${c}-${i}`] = y ? fixed(p) : "0";
          for (const [key, share] of [["p", p], ["y", y], ["product", p * y]])
            body.querySelector(`[data-show="${key}-${c}-${i}"]`).parentNode.style
              .setProperty("--share", `${Math.round(70 * share)}%`);
        }));
        PIXELS.forEach((i) => (numbers[`powers-${i}`] = significant(add(logits.map((row) => Math.exp(row[i]))))));
        const scores = CLASSES.map((_, c) => {
          const sums = overlap(probabilities[c], masks[c]);
          numbers[`I-${c}`] = fixed(sums.intersection);
          numbers[`P-${c}`] = fixed(sums.prediction);
          numbers[`G-${c}`] = sums.target;
          numbers[`dice-${c}`] = fixed(dice(sums));
          return dice(sums);
        });
        const macro = add(scores) / scores.length;
        show(body, { ...numbers, macro: fixed(macro), loss: fixed(1 - macro) });
        return `Dice of A ${fixed(scores[0])}, of B ${fixed(scores[1])}, of C ${fixed(scores[2])}. ` +
          `Macro Dice ${fixed(macro)}, loss ${fixed(1 - macro)}.`;
      };
    },
  });
})();
