// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { judge } from './judge.mjs';

const EXPECTED = {
  refusedObjects: [{ object: 'new', kernels: ['5.10'], log: 'no such tracepoint', reason: 'came later' }],
  refusedSources: [{ source: 'fast', kernels: ['5.10'], code: 'SOURCE_UNAVAILABLE', reason: 'came later' }],
};
const KERNEL = { type: 'kernel', release: '5.10.0' };
const EXIT = { type: 'exit', code: 0 };
const REFUSED_OBJECT = { type: 'object', object: 'new', loaded: false, message: 'no', log: 'no such tracepoint' };
const REFUSED_SOURCE = {
  type: 'source',
  source: 'fast',
  verdict: 'refused',
  code: 'SOURCE_UNAVAILABLE',
  message: 'no',
};
const EXACT = { type: 'source', source: 'slow', verdict: 'exact', requests: 9, spans: 9, faults: [] };
const TAPS = { type: 'taps', verdict: 'exact', attached: 'perf uprobes', spans: 20, messages: [] };

const loaded = (object, instructions) => ({
  type: 'object',
  object,
  loaded: true,
  programs: [{ name: 'hook', instructions }],
});
const failures = (lines, recorded) =>
  judge('5.10', [KERNEL, TAPS, ...lines, EXIT], EXPECTED, recorded)
    .rows.filter((row) => row.failed)
    .map((row) => `${row.what} ${row.name}`);

test('refusals for their written reason and exact sources pass', () => {
  expect(failures([loaded('old', 100), REFUSED_OBJECT, REFUSED_SOURCE, EXACT], { 'old/hook': 100 })).toEqual([]);
});

test('growth of a quarter passes and one instruction more fails', () => {
  expect(failures([loaded('old', 125), EXACT], { 'old/hook': 100 })).toEqual([]);
  expect(failures([loaded('old', 126), EXACT], { 'old/hook': 100 })).toEqual(['program old/hook']);
});

test('programs without a record, and records without a program, fail unless the table is rewritten', () => {
  expect(failures([loaded('old', 100), EXACT], {})).toEqual(['program old/hook']);
  expect(failures([loaded('old', 100), EXACT], { 'old/hook': 100, 'old/gone': 5 })).toEqual(['program old/gone']);
  expect(failures([loaded('old', 100), EXACT], undefined)).toEqual([]);
});

test('a refusal for another reason fails', () => {
  expect(failures([{ ...REFUSED_OBJECT, log: 'invalid access' }, EXACT], {})).toEqual(['object new']);
  expect(failures([loaded('old', 1), { ...REFUSED_SOURCE, code: 'BPF_LOAD_FAILED' }], { 'old/hook': 1 })).toEqual([
    'source fast',
  ]);
});

test('a refusal that is expected and does not happen fails', () => {
  expect(failures([loaded('new', 1), EXACT], { 'new/hook': 1 })).toEqual(['object new']);
  expect(failures([loaded('old', 1), { ...EXACT, source: 'fast' }], { 'old/hook': 1 })).toEqual(['source fast']);
});

test('spans that differ from the client log fail', () => {
  expect(failures([loaded('old', 1), { ...EXACT, verdict: 'wrong', spans: 8 }], { 'old/hook': 1 })).toEqual([
    'source slow',
  ]);
});

test('TLS that is not seen fails', () => {
  const { rows } = judge(
    '5.10',
    [KERNEL, { ...TAPS, verdict: 'wrong' }, EXACT, loaded('old', 1), EXIT],
    EXPECTED,
    undefined,
  );
  expect(rows.filter((row) => row.failed).map((row) => `${row.what} ${row.name}`)).toEqual(['taps perf uprobes']);
});

test('a guest that stopped, or did nothing, fails', () => {
  const { rows } = judge('5.10', [KERNEL], EXPECTED, {});
  expect(rows.filter((row) => row.failed).map((row) => row.what)).toEqual(['guest', 'object', 'source', 'taps']);
});
