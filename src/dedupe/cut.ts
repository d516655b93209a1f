/**
 * What stays of a text when some of its units go. Each unit takes along what stands between it and the next one; when the last units go, the text ends
 * behind the last one that stays, and with what stood behind the last of all. `goes` is asked once for each unit, in order.
 */
export function cutUnits(
  text: string,
  starts: ArrayLike<number>,
  ends: ArrayLike<number>,
  count: number,
  goes: (unit: number) => boolean,
): string {
  let kept = "";
  /** The run of units that stays and is not written yet: the text before the first unit belongs to it. */
  let from = 0;
  let to = 0;
  let cutting = false;
  let lastKept = -1;
  for (let i = 0; i < count; i++) {
    if (goes(i)) {
      if (!cutting) to = starts[i] as number;
      cutting = true;
      continue;
    }
    if (cutting) {
      kept += text.slice(from, to);
      from = starts[i] as number;
    }
    cutting = false;
    lastKept = i;
  }
  if (!cutting) return kept + text.slice(from);
  // The separator behind the last unit that stays parted it from one that went.
  if (lastKept >= 0) to = ends[lastKept] as number;
  return kept + text.slice(from, to) + text.slice(ends[count - 1] as number);
}
