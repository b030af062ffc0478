/** One sample line of a page in Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A strict reader of the text format 0.0.4 for tests, written from its specification: throws on what Prometheus would refuse. */
export function parseTextFormat(page: string): { samples: Sample[]; types: Map<string, string> } {
  if (page !== '' && !page.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const identities = new Set<string>();
  let family = '';
  for (const line of page.split('\n')) {
    const type = /^# TYPE (\S+) (gauge|counter|histogram|summary|untyped)$/.exec(line);
    if (type !== null) {
      if (types.has(type[1] as string)) throw new Error(`second TYPE line: ${line}`);
      family = type[1] as string;
      types.set(family, type[2] as string);
    } else if (line !== '' && !/^# HELP \S+ /.test(line)) {
      const sample = parseSample(line);
      if (sample.name !== family && sample.name.replace(/_(bucket|sum|count)$/, '') !== family) {
        throw new Error(`not below the TYPE line of its metric: ${line}`);
      }
      const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (identities.has(identity)) throw new Error(`the same series twice: ${line}`);
      identities.add(identity);
      samples.push(sample);
    }
  }
  return { samples, types };
}

function parseSample(line: string): Sample {
  const head = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{)?/.exec(line);
  if (head === null) throw new Error(`no metric name: ${line}`);
  let at = head[0].length;
  const labels: Record<string, string> = {};
  if (head[2] !== undefined) {
    const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|\})/y;
    for (let end = ','; end === ','; ) {
      pair.lastIndex = at;
      const match = pair.exec(line);
      if (match === null) throw new Error(`bad label at ${at}: ${line}`);
      const [all, name, value, delimiter] = match as unknown as [string, string, string, string];
      if (Object.hasOwn(labels, name)) throw new Error(`label twice: ${line}`);
      labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
      at += all.length;
      end = delimiter;
    }
  }
  const value = /^ (\S+)$/.exec(line.slice(at))?.[1];
  if (value === undefined || (Number.isNaN(Number(value)) && !/^(NaN|[+-]Inf)$/.test(value))) {
    throw new Error(`bad value: ${line}`);
  }
  return { name: head[1] as string, labels, value: Number(value.replace('Inf', 'Infinity')) };
}
