/* Push and speck: a border that moves, a speck that grows, and three scores that see them differently. */
(() => {
  "use strict";
  const { overlap, dice, fixed, significant, html, place, show, slider, chart, strokes } = explorables;
  const { asking, given, cells, legend, mosaic, columns, dot, name, lines, whole, percentile } = explorables;

  const [PUSHES, SPECK, WORST] = [4, 9, 20];

  /** The pixels of a mask with one of their four neighbors outside. */
  const boundary = (mask, width) => mask.flatMap((value, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const inside = column > 0 && column < width - 1 && mask[i - width] && mask[i + width] && mask[i - 1] && mask[i + 1];
    return value && !inside ? [[row, column]] : [];
  });
  const distances = (from, to) => from.map(([r, c]) => Math.min(...to.map(([s, d]) => Math.hypot(r - s, c - d))));

  asking("push-and-speck", {
    question: "A speck far from the block grows, pixel by pixel. What will HD95 do?",
    options: { rise: "rise with each pixel", leap: "stay, then leap", never: "never see it" },
    answer: "leap",
    reason: `HD95 leaves out about the worst twentieth of the distances. With the border in place it stays at 0 up to 2 pixels, stands in
      between at 3, and from 4 on it is about the distance of the speck. In the figure, ${place("rim")} of the ${place("outline")}
      outline pixels of the prediction are the speck’s. Now push the border.`,
    start: { push: "0", speck: "0" },
    valid: ({ push, speck }) => whole(-PUSHES, PUSHES)(push) && whole(0, SPECK)(speck),

    build(body, set) {
      const { target: rows = ["#"] } = given("push-and-speck");
      const [target, width] = [cells(rows), rows[0].length];
      const edge = Math.max(...rows.map((row) => row.lastIndexOf("#")));
      /** The target with its right border pushed, and the speck in the corner, grown row by row. */
      const predicted = (push, speck) => target.map((value, i) => {
        const [row, column] = [Math.floor(i / width), i % width];
        const of = 3 * (rows.length - 2 - row) + (width - 2 - column);
        if (row > rows.length - 5 && row < rows.length - 1 && column > width - 5 && column < width - 1) return Number(of < speck);
        if (column > edge) return Number(rows[row][edge] === "#" && column <= edge + push);
        return Number(value && column <= edge + push);
      });
      const measure = (push, speck) => {
        const mask = predicted(push, speck);
        const [p, g] = [mask, target].map((some) => boundary(some, width));
        const lists = [distances(p, g), distances(g, p)];
        const near = lists.flat().filter((d) => d <= 1).length;
        return { mask, outline: p.length, rim: p.filter(([row]) => row > rows.length - 5).length, dice: dice(overlap(mask, target)),
          hd95: Math.max(...lists.map((list) => percentile(list, 95))), nsd: near / lists.flat().length };
      };

      const picture = mosaic("The block, its prediction and the speck; the sliders and the numbers tell them", width);
      const sliders = {
        push: slider({ label: "Push the right border, in pixels", name: "push", steps: 2 * PUSHES, value: (k) => String(k - PUSHES),
          step: (v) => Number(v) + PUSHES, words: (v) => fixed(Number(v), 0), change: (push) => set({ push }) }),
        speck: slider({ label: "Grow the speck, in pixels", name: "speck", steps: SPECK, value: String,
          step: Number, words: String, change: (speck) => set({ speck }) }),
      };
      const graph = chart({ label: "HD95, Dice and NSD over the size of the speck; the numbers follow",
        xlabel: "pixels in the speck", x: (k) => k / SPECK, ticks: [0, 3, 6, 9].map((k) => [k, String(k)]) });
      strokes(graph.node, (event) => set({ speck: String(Math.round(SPECK * graph.across(event))) }));
      graph.node.classList.add("after");
      columns(body,
        [picture.node, legend(), sliders.push.node, sliders.speck.node],
        [lines([["dice", "Dice", "both"], ["hd95", "HD95, in pixels", "alarm"], ["nsd", "NSD at 1 pixel", "ink"]]), graph.node,
          html(`<p class="note after">HD95 is drawn in parts of ${WORST} pixels.</p>`)]);

      return (state) => {
        const [push, speck] = [state.push, state.speck].map(Number);
        for (const [key, part] of Object.entries(sliders)) part.draw(state[key]);
        const all = Array.from({ length: SPECK + 1 }, (_, k) => measure(push, k));
        const here = all[speck];
        picture.masks(here.mask, target);
        const curves = { dice: "both", hd95: "alarm", nsd: "ink" };
        const height = (at, key) => (key === "hd95" ? at.hd95 / WORST : at[key]);
        const below = (key, other) => (all[SPECK][key] < all[SPECK][other] ? 20 : -8);
        graph.layer.replaceChildren(
          graph.line(graph.at(speck, 0), graph.at(speck, 1), "here"),
          ...Object.entries(curves).flatMap(([key, kind]) => [
            graph.path(all.map((at, k) => [k, height(at, key)]), `curve ${kind}`), dot(graph, speck, height(here, key), kind)]),
          name(graph, SPECK, height(all[SPECK], "hd95"), "HD95", "end", 20),
          name(graph, SPECK, all[SPECK].dice, "Dice", "end", below("dice", "nsd")),
          name(graph, SPECK, all[SPECK].nsd, "NSD", "end", below("nsd", "dice")));
        show(body, { rim: here.rim, outline: here.outline, dice: fixed(here.dice), nsd: fixed(here.nsd),
          hd95: significant(here.hd95) });
        return `Dice ${fixed(here.dice)}, HD95 ${significant(here.hd95)} pixels, NSD ${fixed(here.nsd)}.`;
      };
    },
  });
})();
