import { messageOf } from "../core/index.ts";
import { estimate, type Plan, type PlanOptions, phaseName, planOf } from "../run/index.ts";
import { type Terminal, UsageError } from "./command.ts";
import { bytes, count, plural } from "./format.ts";
import { jobReference } from "./load-job.ts";
import { table } from "./table.ts";

export async function showPlan(
  file: string,
  args: readonly string[],
  options: PlanOptions,
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  let plan: Plan;
  try {
    ({ plan } = await planOf(jobReference(file, args), options));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    terminal.stderr.write(`millrace: ${messageOf(error)}\n`);
    return 1;
  }
  terminal.out(json ? `${JSON.stringify(plan, null, 2)}\n` : `${planLines(plan).join("\n")}\n`);
  return 0;
}

export function planLines(plan: Plan): string[] {
  const needs = estimate(plan);
  const rows = plan.phases.map((phase, i) => {
    const steps = "first" in phase ? plan.stages.slice(phase.first, phase.last + 1).map(({ name }) => name) : [];
    const from = "records" in phase && phase.records !== "input" ? `kept by ${phase.records}` : "";
    const end = phase.kind === "write" ? [plan.sink.name] : [];
    return [
      String(i),
      phaseName(phase, plan.stages),
      count(phase.tasks),
      [from, ...steps, ...end].filter((word) => word !== "").join(" > "),
    ];
  });
  const columns = [
    { title: "", align: "right" },
    { title: "phase", align: "left" },
    { title: "tasks", align: "right" },
    { title: "what each does", align: "left" },
  ] as const;
  const text = needs.textBytes === needs.bytes ? "" : `, about ${bytes(needs.textBytes)} decompressed`;
  const kept = needs.keptBytes === 0 ? "" : `, and ${bytes(needs.keptBytes)} for records kept between phases`;
  return [
    `plan ${plan.hash.slice(0, 16)}`,
    `${plural(needs.inputs, "input")}, ${bytes(needs.bytes)}${text}; ${plural(plan.splits.length, "split")} of about ${bytes(needs.bytes / Math.max(1, plan.splits.length))}`,
    "",
    ...table(columns, rows, 120),
    "",
    `disk: about ${bytes(needs.outputBytes)} of output if nothing is dropped${kept}`,
    `memory: about ${bytes(needs.workerBytes)} a worker, and what tokenizers and the step over the whole corpus take`,
  ];
}
