import type { Flag } from "./command.ts";

/** The flags that shape a plan: of `millrace plan`, and of `millrace run` with `--workers`. */
export const PLAN_FLAGS: Readonly<Record<"seed" | "on-error" | "split", Flag>> = {
  seed: { value: "n", description: "seed of every random decision, default 0", integer: { min: Number.MIN_SAFE_INTEGER } },
  "on-error": { value: "word", description: "what a bad record does", words: ["throw", "skip"] },
  split: { value: "MiB", description: "input of one task; default a 64th of it all, 8 to 64", integer: { min: 1 } },
};

/** The options of the library that the flags stand for; a flag that was not given must not be a key. */
export function planOptions(values: Readonly<Record<string, string>>): {
  readonly seed?: number;
  readonly onError?: "throw" | "skip";
  readonly splitBytes?: number;
} {
  return {
    ...(values["seed"] === undefined ? {} : { seed: Number(values["seed"]) }),
    ...(values["on-error"] === undefined ? {} : { onError: values["on-error"] as "throw" | "skip" }),
    ...(values["split"] === undefined ? {} : { splitBytes: Number(values["split"]) * 2 ** 20 }),
  };
}
