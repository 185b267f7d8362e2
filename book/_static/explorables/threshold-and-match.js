/* Threshold and match: where a map is cut decides what is an object, and which objects match. */
(() => {
  "use strict";
  const { add, divide, overlap, dice, fixed, show, slider, chart, strokes } = explorables;
  const { asking, given, cells, legend, mosaic, columns, dot, name, lines, whole } = explorables;

  /** Numbers for the pieces of a mask, in which one walks from side to side. */
  const components = (mask, width) => {
    const ids = mask.map(() => 0);
    let count = 0;
    mask.forEach((value, first) => {
      if (!value || ids[first]) return;
      count += 1;
      const open = [first];
      while (open.length) {
        const i = open.pop();
        if (!mask[i] || ids[i]) continue;
        ids[i] = count;
        if (i % width) open.push(i - 1);
        if ((i + 1) % width) open.push(i + 1);
        open.push(i - width, i + width);
      }
    });
    return ids;
  };

  /** Counts and qualities of the objects whose IoU is above so many percent. */
  const matching = (predicted, target, percent) => {
    const [found, true_] = [Math.max(...predicted), Math.max(...target)];
    const size = (ids, k) => ids.filter((id) => id === k).length;
    const ious = [];
    for (let g = 1; g <= true_; g += 1) for (let p = 1; p <= found; p += 1) {
      const shared = target.filter((id, i) => id === g && predicted[i] === p).length;
      const union = size(predicted, p) + size(target, g) - shared;
      if (100 * shared > percent * union) ious.push(shared / union);
    }
    const [tp, fp, fn] = [ious.length, found - ious.length, true_ - ious.length];
    return { tp, fp, fn, sq: divide(add(ious), tp), rq: (2 * tp) / (found + true_), pq: (2 * add(ious)) / (found + true_) };
  };

  asking("threshold-and-match", {
    question: "Move the threshold from 0.5 to 0.6: Dice falls a little. What does panoptic quality do?",
    options: { falls: "it falls, too", stays: "it stays", rises: "it rises" },
    answer: "rises",
    reason: "At 0.5, two disks hang together by a bridge of one pixel. At 0.6 they are two objects, and both match, at an IoU above one half. Each score has a threshold of its own.",
    start: { threshold: "5", match: "50" },
    valid: ({ threshold, match }) => whole(1, 9)(threshold) && whole(50, 95)(match) && Number(match) % 5 === 0,

    build(body, set) {
      const { target: rows = ["1"], prediction = ["9"] } = given("threshold-and-match");
      const [target, tenths, width] = [cells(rows), cells(prediction), rows[0].length];
      const some = target.map((id) => Number(id > 0));
      const measure = (threshold, match) => {
        const mask = tenths.map((value) => Number(value >= threshold));
        return { mask, dice: dice(overlap(mask, some)), ...matching(components(mask, width), target, match) };
      };
      const tenth = (value) => fixed(Number(value) / 10, 1);
      const sliders = {
        threshold: slider({ label: "Threshold of the map", name: "threshold", steps: 8, value: (k) => String(k + 1),
          step: (v) => v - 1, words: tenth, change: (threshold) => set({ threshold }) }),
        match: slider({ label: "Match: an IoU above", name: "match", steps: 9, value: (k) => String(50 + 5 * k),
          step: (v) => (v - 50) / 5, words: (v) => fixed(v / 100, 2), change: (match) => set({ match }) }),
      };
      const picture = mosaic("Six objects and the mask at the threshold; the numbers follow", width);
      const graph = chart({ label: "Dice and panoptic quality over the threshold; the numbers follow", xlabel: "threshold",
        x: (k) => (k - 1) / 8, ticks: [1, 3, 5, 7, 9].map((k) => [k, tenth(k)]) });
      graph.node.classList.add("after");
      strokes(graph.node, (event) => set({ threshold: String(1 + Math.round(8 * graph.across(event))) }));
      columns(body, [picture.node, legend(), sliders.threshold.node, sliders.match.node],
        [lines([["dice", "Dice of the pixels", "both"], ["pq", "PQ, which is SQ · RQ", "ink"],
          ["sq", "Segmentation quality, SQ"], ["rq", "Recognition quality, RQ"],
          ["tp", "Matched objects, TP"], ["fp", "Only predicted, FP"], ["fn", "Only in the target, FN"]]), graph.node]);

      return (state) => {
        const [threshold, match] = [state.threshold, state.match].map(Number);
        for (const [key, part] of Object.entries(sliders)) part.draw(state[key]);
        const all = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => [k, measure(k, match)]);
        const here = all[threshold - 1][1];
        picture.masks(here.mask, some);
        const curve = (key) => all.map(([k, found]) => [k, found[key]]);
        graph.layer.replaceChildren(
          graph.line(graph.at(threshold, 0), graph.at(threshold, 1), "here"),
          graph.path(curve("dice"), "curve both"), graph.path(curve("pq"), "curve ink"),
          dot(graph, threshold, here.dice, "both"), dot(graph, threshold, here.pq, "ink"),
          name(graph, 2, all[1][1].dice, "Dice", "middle"), name(graph, 2, all[1][1].pq, "PQ", "middle"));
        const { tp, fp, fn } = here;
        show(body, { tp, fp, fn, ...Object.fromEntries(["dice", "pq", "sq", "rq"].map((key) => [key, fixed(here[key])])) });
        return `Dice ${fixed(here.dice)}, panoptic quality ${fixed(here.pq)}, ${tp} of ${tp + fn} objects matched.`;
      };
    },
  });
})();
