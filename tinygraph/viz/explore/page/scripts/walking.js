/* Walking from box to box. */
(function (page) {
  'use strict';
  const middle = (box) => [box.x + box.w / 2, box.y + box.h / 2];

  /* The box that is nearest in a direction; what lies aside counts double. */
  page.neighbour = (boxes, from, [right, down]) => {
    const [x, y] = middle(boxes[from]);
    let [best, least] = [from, Infinity];
    boxes.forEach((box, index) => {
      const [dx, dy] = [middle(box)[0] - x, middle(box)[1] - y];
      const along = dx * right + dy * down;
      const aside = Math.abs(dx * down) + Math.abs(dy * right);
      const far = along + 2 * aside;
      if (along > 1 && aside < 2 * along && far < least) [best, least] = [index, far];
    });
    return best;
  };
})((globalThis.tinygraph ??= {}));
