/** Dates for templates that print today's: the one of the option, with Python's directives in its C locale, never the clock. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** "2024-07-26" or "2024-07-26T14:05:00"; undefined when it is no such date. The zone is nobody's: the fields are read in UTC. */
export function parseDate(text: string): Date | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // Date.UTC would take the years 0 to 99 for 1900 to 1999
  date.setUTCHours(hour, minute, second);
  // Fields out of range would have been carried over.
  const back = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()];
  return [year, month, day, hour, minute].every((field, i) => field === back[i]) && second < 60 ? date : undefined;
}

/** Python's `strftime`, for the directives that do not depend on locale or zone. Throws on any other. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([\s\S]?)/g, (whole, plain: string, directive: string) => {
    const digits = (value: number, width: number): string => (plain === "-" ? String(value) : String(value).padStart(width, "0"));
    const [day, month, year] = [date.getUTCDay(), date.getUTCMonth(), date.getUTCFullYear()];
    switch (directive) {
      case "Y":
        return digits(year, 4);
      case "y":
        return digits(year % 100, 2);
      case "m":
        return digits(month + 1, 2);
      case "d":
        return digits(date.getUTCDate(), 2);
      case "H":
        return digits(date.getUTCHours(), 2);
      case "I":
        return digits(date.getUTCHours() % 12 || 12, 2);
      case "M":
        return digits(date.getUTCMinutes(), 2);
      case "S":
        return digits(date.getUTCSeconds(), 2);
      case "j":
        return digits(Math.floor((date.getTime() - startOfYear(year)) / 86_400_000) + 1, 3);
      case "p":
        return date.getUTCHours() < 12 ? "AM" : "PM";
      case "A":
        return DAYS[day] as string;
      case "a":
        return (DAYS[day] as string).slice(0, 3);
      case "B":
        return MONTHS[month] as string;
      case "b":
        return (MONTHS[month] as string).slice(0, 3);
      case "%":
        return "%";
      default:
        throw new Error(`strftime_now: the directive ${whole} is not supported`);
    }
  });
}

function startOfYear(year: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, 0, 1);
  return date.getTime();
}
