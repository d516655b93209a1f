/**
 * The kernel that measures texts for the rules (src/kernels/text), with this folder's tables. One for the thread: it holds one text at
 * a time, and loads another when asked about it, so pages may share it.
 *
 * The plain code beside it is the reference: tests compare the two number by number, and it measures where WebAssembly SIMD is missing
 * and texts that are too large for the kernel.
 */
import { TextKernel } from "../kernels/text/index.ts";
import { BEHIND_NUMERAL } from "./english-data.ts";
import { EXCEPTION_CUTS, EXCEPTION_TEXTS } from "./exceptions.ts";
import { ASTRAL_BITS, ASTRAL_STARTS, UNIT_CLASS } from "./unicode.ts";

let shared: TextKernel | undefined;
let made = false;

/** The kernel of this thread, made when first asked for; undefined where it does not run. */
export function textKernel(): TextKernel | undefined {
  if (made) return shared;
  made = true;
  shared = TextKernel.create({
    unitClasses: UNIT_CLASS,
    astralStarts: ASTRAL_STARTS,
    astralBits: ASTRAL_BITS,
    exceptions: EXCEPTION_TEXTS,
    exceptionCuts: EXCEPTION_CUTS,
    tails: BEHIND_NUMERAL.split(" "),
  });
  return shared;
}
