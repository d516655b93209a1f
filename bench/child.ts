/** One timed run in a process of its own: `child.ts <group> <contender> <corpus files...>`; prints one JSON line. */
import { groups } from "./groups.ts";

const [groupKey = "", contenderName = "", ...corpus] = process.argv.slice(2);
const contender = groups[groupKey]?.contenders.find(({ name }) => name === contenderName);
if (contender === undefined) throw new Error(`no contender ${contenderName} in group ${groupKey}`);

const timed = await contender.prepare(corpus);
const before = process.cpuUsage();
const sample = await timed();
const { user, system } = process.cpuUsage(before);
const peakMiB = process.resourceUsage().maxRSS / 1024;
const digest = typeof sample.digest === "string" ? sample.digest : await sample.digest();
console.log(JSON.stringify({ ...sample, digest, cpuSeconds: (user + system) / 1e6, peakMiB, ...sample.own }));
