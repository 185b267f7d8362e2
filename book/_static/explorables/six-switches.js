/* Six switches: one prediction, the conventions of its score, and all the numbers that they give. */
(() => {
  "use strict";
  const { add, dice, iou, fixed, svg, html, place, show, button, buttons } = explorables;
  const { asking, given, columns } = explorables;

  const SWITCHES = [
    ["IoU for Dice", "IoU in place of Dice"],
    ["background", "the background counted"],
    ["micro", "micro: the classes added first"],
    ["pooled", "the images pooled first"],
    ["0/0 is 1", "0/0 counted as 1, not left out"],
    ["epsilon 1", "an epsilon of 1, above and below"],
  ];
  const KEYS = ["intersection", "prediction", "target"];
  const merged = (rows) => Object.fromEntries(KEYS.map((key) => [key, add(rows.map((sums) => sums[key]))]));
  const mean = (scores) => {
    const kept = scores.filter((score) => !Number.isNaN(score));
    return add(kept) / kept.length;
  };

  /** The number that these switches make of sums by image and class. */
  const read = (images, bits) => {
    const [asIou, background, micro, pooled, one, epsilon] = [...bits].map(Number);
    const score = (sums) => {
      const below = sums.prediction + sums.target - (asIou ? sums.intersection : 0);
      if (!below && !epsilon) return one ? 1 : NaN;
      const plain = below ? (asIou ? iou : dice)(sums) : 0;
      return (plain * below + epsilon) / (below + epsilon);
    };
    const rows = pooled ? [images[0].map((_, c) => merged(images.map((row) => row[c])))] : images;
    return mean(rows.map((row) => {
      const classes = background ? row : row.slice(1);
      return mean((micro ? [merged(classes)] : classes).map(score));
    }));
  };
  const flipped = (bits, k) => bits.slice(0, k) + (1 - bits[k]) + bits.slice(k + 1);
  const PLAIN = "000000";
  const ALL = Array.from({ length: 64 }, (_, n) => n.toString(2).padStart(6, "0"));

  asking("six-switches", {
    question: "Each switch turns one convention. Which of them alone moves the number furthest?",
    options: Object.fromEntries(SWITCHES.map(([short], k) => [String(k), short])),
    answer: "2",
    reason: `Without a switch the number is ${place("plain")}. Adding the classes first lifts it by ${place("lift")}: the
      missed tumor drowns in the organ. All 64 settings reach from ${place("lowest")} to ${place("highest")}.`,
    start: { switches: PLAIN },
    valid: ({ switches }) => /^[01]{6}$/.test(switches),

    build(body, set) {
      const images = (given("six-switches").sums || []).map((row) => row.map((sums) =>
        Object.fromEntries(KEYS.map((key, i) => [key, sums[i]]))));
      let now = PLAIN;
      const toggles = SWITCHES.map(([, words], k) => button(words, () => set({ switches: flipped(now, k) })));
      const x = (value) => 14 + 372 * value;
      const line = (value, top, bottom, kind) => svg("line", { x1: x(value), x2: x(value), y1: top, y2: bottom, class: kind });
      const layer = svg("g");
      const strip = svg("svg", { class: "chart", viewBox: "0 0 400 84", role: "img",
        "aria-label": "All 64 numbers on a line from 0 to 1, with the present one marked; it follows" },
        svg("line", { x1: x(0), x2: x(1), y1: 54, y2: 54, class: "axis" }),
        ...[0, 0.5, 1].map((value) => svg("text", { x: x(value), y: 76, "text-anchor": "middle" }, String(value))),
        ...ALL.map((bits) => line(read(images, bits), 34, 54, "one-of")), layer);

      const table = html(`<dl class="sums after">${SWITCHES.map(([, words], k) =>
        `<div><dt>${words}</dt><dd>${place(`alone-${k}`)}</dd></div>`).join("")}</dl>`);
      const score = html(`<dl class="formulas after"><div class="formula-line main"><dt>Number</dt>
        <dd><output data-show="number" aria-live="off"></output></dd></div></dl>`);
      const picture = html(`<div class="after"></div>`);
      picture.append(strip, html(`<p class="note">Each line is one of the 64 settings; the dot is yours.</p>`));
      columns(body,
        [buttons("Switches", ...toggles), score, picture],
        [html(`<div><p class="subhead">Sums of three images</p><dl class="sums">
          <div><dt>I, P, G of</dt><dd>background · organ · tumor</dd></div>${images.map((row, k) => `<div><dt>image ${k + 1}</dt>
          <dd>${row.map((sums) => Object.values(sums).join(", ")).join(" · ")}</dd></div>`).join("")}</dl></div>`),
          html(`<p class="subhead after">Each switch alone</p>`), table]);

      return ({ switches }) => {
        now = switches;
        const [number, plain] = [read(images, switches), read(images, PLAIN)];
        toggles.forEach((node, k) => node.setAttribute("aria-pressed", String(switches[k] === "1")));
        layer.replaceChildren(
          svg("circle", { cx: x(number), cy: 22, r: 5.5, class: "dot both" }), line(number, 22, 54, "here"),
          svg("text", { x: x(number), y: 14, "text-anchor": "middle", class: "halo" }, fixed(number, 3)));
        const alone = SWITCHES.map((_, k) => read(images, flipped(PLAIN, k)));
        const every = ALL.map((bits) => read(images, bits));
        show(body, {
          number: fixed(number), plain: fixed(plain), lift: fixed(alone[2] - plain),
          lowest: fixed(Math.min(...every)), highest: fixed(Math.max(...every)),
          ...Object.fromEntries(alone.map((value, k) => [`alone-${k}`, fixed(value)])),
        });
        return `The number is ${fixed(number)}.`;
      };
    },
  });
})();
