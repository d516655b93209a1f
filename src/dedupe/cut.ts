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
  const kept: string[] = [];
  /** Where the run of units that stay began: the text before the first unit belongs to it. */
  let from = 0;
  let cutting = false;
  let lastKept = -1;
  for (let i = 0; i < count; i++) {
    if (goes(i)) {
      if (!cutting) kept.push(text.slice(from, starts[i] as number));
      cutting = true;
      continue;
    }
    if (cutting) from = starts[i] as number;
    cutting = false;
    lastKept = i;
  }
  if (!cutting) return kept.join("") + text.slice(from);
  const whole = kept.join("");
  // The separator behind the last unit that stays parted it from one that went.
  const separator = lastKept < 0 ? 0 : (starts[lastKept + 1] as number) - (ends[lastKept] as number);
  return whole.slice(0, whole.length - separator) + text.slice(ends[count - 1] as number);
}
