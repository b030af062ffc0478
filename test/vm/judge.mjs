// SPDX-License-Identifier: Apache-2.0
const GROWTH_LIMIT = 1.25;

/**
 * Turns what one guest reported into rows `{ kernel, what, name, result, failed }` and the verified instructions by program.
 * `expected` holds the refusals that have a written reason, `recorded` the instructions of an earlier run of this kernel;
 * without `recorded` any number is taken.
 */
export function judge(kernel, lines, expected, recorded) {
  const objects = lines.filter((line) => line.type === 'object');
  const sources = lines.filter((line) => line.type === 'source');
  const taps = lines.filter((line) => line.type === 'taps');
  const instructions = {};
  const rows = [
    judgeGuest(lines),
    ...objects.flatMap(judgeObject),
    ...sources.map(judgeSource),
    ...taps.map(judgeTaps),
  ];
  if (objects.length === 0) rows.push(bad('object', 'none', 'the guest loaded no BPF object'));
  if (sources.length === 0) rows.push(bad('source', 'none', 'the guest ran no source'));
  if (taps.length === 0) rows.push(bad('taps', 'none', 'the guest ran no TLS'));
  for (const name of Object.keys(recorded ?? {})) {
    if (!(name in instructions))
      rows.push(bad('program', name, 'is recorded but was not loaded; --update if it is gone'));
  }
  return { rows: rows.map((row) => ({ kernel, failed: false, ...row })), instructions };

  function judgeObject(object) {
    const refusal = expected.refusedObjects.find((entry) => entry.object === object.object && applies(entry));
    if (!object.loaded) return [judgeRefusal(object, refusal)];
    const programs = object.programs.map((program) => judgeProgram(`${object.object}/${program.name}`, program));
    return refusal
      ? [bad('object', object.object, `loads, but is expected not to: ${refusal.reason}`), ...programs]
      : programs;
  }

  function judgeProgram(name, program) {
    if (program.instructions === 0) return bad('program', name, 'the verifier told no number of instructions');
    instructions[name] = program.instructions;
    if (recorded === undefined) return good('program', name, `${program.instructions} instructions`);
    const before = recorded[name];
    if (before === undefined)
      return bad('program', name, `${program.instructions} instructions, none recorded; run with --update`);
    const text = `${program.instructions} instructions, ${before} recorded`;
    if (program.instructions <= before * GROWTH_LIMIT) return good('program', name, text);
    return bad('program', name, `${text}: grew by more than a quarter`);
  }

  function judgeSource(run) {
    const refusal = expected.refusedSources.find((entry) => entry.source === run.source && applies(entry));
    if (run.verdict === 'refused') {
      if (refusal?.code === run.code) return good('source', run.source, `refused (${run.code}): ${refusal.reason}`);
      return bad('source', run.source, `refused (${run.code}) without a written reason: ${run.message}`);
    }
    if (refusal) return bad('source', run.source, `runs, but is expected not to: ${refusal.reason}`);
    const text = `${run.spans} spans of ${run.requests} requests`;
    return run.verdict === 'exact'
      ? good('source', run.source, `exact: ${text}`)
      : bad('source', run.source, [`wrong: ${text}`, ...run.faults].join('\n      '));
  }

  function applies(entry) {
    return entry.kernels.includes(kernel);
  }
}

function judgeTaps({ verdict, attached, spans, messages }) {
  const text = [`${spans} spans of TLS`, ...messages].join('\n      ');
  return verdict === 'exact' ? good('taps', attached, `exact: ${text}`) : bad('taps', attached, `wrong: ${text}`);
}

function judgeGuest(lines) {
  const release = lines.find((line) => line.type === 'kernel')?.release ?? 'unknown';
  const exit = lines.find((line) => line.type === 'exit');
  if (exit?.code === 0) return good('guest', release, 'ran to its end');
  return bad('guest', release, exit ? `its script ended with status ${exit.code}` : 'did not run to its end');
}

function judgeRefusal(object, refusal) {
  const text = `${object.message}\n${object.log}`;
  if (refusal && text.includes(refusal.log)) return good('object', object.object, `refused: ${refusal.reason}`);
  const tail = text.trim().split('\n').slice(-10).join('\n      ');
  return bad('object', object.object, `refused without a written reason\n      ${tail}`);
}

function good(what, name, result) {
  return { what, name, result };
}

function bad(what, name, result) {
  return { what, name, result, failed: true };
}
