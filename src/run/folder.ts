/**
 * The run's own folder, inside the folder of its output, so that publishing is a link and never a copy:
 *
 *   <out>/.millrace/<name>/plan.json              the plan; created once, never changed
 *                          job.json               how a worker loads the pipeline
 *                          finished.json          everything is published
 *                          <hash>/begun           the output folder was made ready
 *                          <hash>/<phase>/data/   what attempts wrote, under names of their own
 *                          <hash>/<phase>/commit/ one record for each task that is done
 *                          <hash>/<phase>/done.json
 *                          <hash>/quarantine/     records that killed their workers
 *                          <hash>/notes/          what workers that follow a dead one are working on
 *
 * `<hash>` begins the plan's hash: what a straggler of another plan writes can never be taken for this run's.
 * Once the run is finished only plan.json and finished.json stay.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { messageOf, PipelineError } from "../core/index.ts";
import { createIfAbsent } from "../store/index.ts";
import { PLAN_FORMAT, PLAN_VERSION, type Plan } from "./plan.ts";

/** How a worker gets the job: plain data. */
export interface JobReference {
  /** File of the module whose default export is the job, or a function that returns it. */
  readonly module: string;
  /** Given to the function as `args`. */
  readonly args: readonly string[];
  /** URL of a module that exports `loadJob(reference)`, for modules that a plain `import` cannot load. */
  readonly loader?: string;
}

export class RunFolder {
  readonly path: string;
  /** The folder the output goes to. */
  readonly output: string;
  readonly name: string;

  constructor(output: string, name: string) {
    this.output = output;
    this.name = name;
    this.path = join(output, ".millrace", name);
  }

  get planFile(): string {
    return join(this.path, "plan.json");
  }

  get jobFile(): string {
    return join(this.path, "job.json");
  }

  get finishedFile(): string {
    return join(this.path, "finished.json");
  }

  work(plan: Plan): WorkFolder {
    return new WorkFolder(join(this.path, plan.hash.slice(0, 16)));
  }

  /** The plan that was begun here, if there is one. */
  async plan(): Promise<Plan | undefined> {
    return readJson<Plan>(this.planFile, (plan) => {
      if (plan.format !== PLAN_FORMAT) throw new Error(`\`format\` is not "${PLAN_FORMAT}"`);
      if (plan.version !== PLAN_VERSION) throw new Error(`it has version ${plan.version}, this library reads version ${PLAN_VERSION}`);
    });
  }

  /** Makes this the plan of the folder, unless there is one already. */
  async claim(plan: Plan): Promise<boolean> {
    await mkdir(this.path, { recursive: true });
    return createIfAbsent(this.planFile, Buffer.from(`${JSON.stringify(plan)}\n`));
  }

  /** Forgets that the run was finished: its output is not whole any more. */
  async reopen(): Promise<void> {
    await rm(this.finishedFile, { force: true });
  }

  /** Removes the run. The plan goes first, so that nobody continues what is half removed. */
  async remove(): Promise<void> {
    await rm(this.planFile, { force: true });
    await rm(this.path, { recursive: true, force: true });
  }

  /** Removes everything of the run but its plan and the word that it is finished. */
  async tidy(): Promise<void> {
    const keep = new Set(["plan.json", "finished.json"]);
    for (const name of await readdir(this.path)) if (!keep.has(name)) await rm(join(this.path, name), { recursive: true, force: true });
  }
}

/** The folder of one plan's work. */
export class WorkFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  data(phase: number): string {
    return join(this.path, String(phase), "data");
  }

  commits(phase: number): string {
    return join(this.path, String(phase), "commit");
  }

  doneFile(phase: number): string {
    return join(this.path, String(phase), "done.json");
  }

  get begunFile(): string {
    return join(this.path, "begun");
  }

  get quarantine(): string {
    return join(this.path, "quarantine");
  }

  noteFile(phase: number, task: number): string {
    return join(this.path, "notes", `${phase}-${task}`);
  }

  async make(phases: number): Promise<void> {
    for (let phase = 0; phase < phases; phase++) {
      await mkdir(this.data(phase), { recursive: true });
      await mkdir(this.commits(phase), { recursive: true });
    }
    await mkdir(this.quarantine, { recursive: true });
    await mkdir(join(this.path, "notes"), { recursive: true });
  }
}

/** The run folders inside an output folder, or the one that `path` is itself. */
export async function findRuns(path: string): Promise<readonly RunFolder[]> {
  const full = resolve(path.replace(/[/\\]plan\.json$/, ""));
  const inside = /^(.*)[/\\]\.millrace[/\\]([^/\\]+)$/.exec(full);
  if (inside !== null) return [new RunFolder(inside[1] as string, inside[2] as string)];
  const names = await readdir(join(full, ".millrace")).catch(() => []);
  return names.sort().map((name) => new RunFolder(full, name));
}

/** The value in a JSON file, or undefined when there is no such file. */
export async function readJson<T>(path: string, check: (value: T) => void = () => {}): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new PipelineError({ kind: "unreadable", message: `cannot read ${path}: ${messageOf(error)}`, cause: error });
  }
  try {
    const value = JSON.parse(text) as T;
    check(value);
    return value;
  } catch (error) {
    throw new PipelineError({ kind: "corrupt", message: `${path} cannot be used: ${messageOf(error)}`, cause: error });
  }
}
