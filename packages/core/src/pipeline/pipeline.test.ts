import { describe, expect, it } from 'vitest';
import { MemoryExporter } from '../testing/exporter.ts';
import { aProcess, aSpan } from '../testing/span.ts';
import { Pipeline } from './pipeline.ts';

describe('Pipeline', () => {
  it('runs processors in order and gives every exporter the result', async () => {
    const left = new MemoryExporter('left');
    const right = new MemoryExporter('right');
    const pipeline = new Pipeline({
      processors: [
        (spans) => spans.filter((span) => span.path !== '/healthz'),
        (spans) => {
          for (const span of spans) span.attributes = { seen: `${span.path}!` };
          return spans;
        },
      ],
      exporters: [left, right],
    });
    await pipeline.start();
    pipeline.push([aSpan({ path: '/a' }), aSpan({ path: '/healthz' }), aSpan({ path: '/b' })]);
    expect(left.spans.map((span) => span.attributes)).toEqual([{ seen: '/a!' }, { seen: '/b!' }]);
    expect(right.spans).toEqual(left.spans);
    expect(pipeline.stats()).toMatchObject({ spansIn: 3, spansOut: 2, dropped: { filtered: 1 } });
    expect(pipeline.health().status).toBe('healthy');
    await pipeline.close();
  });

  it('passes the whole batch on when a processor throws, even one that emptied it first, and reports it once', async () => {
    const errors: [unknown, string][] = [];
    const failure = new Error('bad rule');
    const exporter = new MemoryExporter();
    const pipeline = new Pipeline({
      processors: [
        function emptyThenThrow(spans) {
          spans.length = 0;
          throw failure;
        },
      ],
      exporters: [exporter],
      onError: (error, source) => errors.push([error, source]),
    });
    await pipeline.start();
    pipeline.push([aSpan(), aSpan()]);
    pipeline.push([aSpan()]);
    expect(exporter.spans).toHaveLength(3);
    expect(errors).toEqual([[failure, 'processor 1 (emptyThenThrow)']]);
    expect(pipeline.stats()).toMatchObject({ spansIn: 3, spansOut: 3, processorErrors: 2, dropped: { filtered: 0 } });
    expect(pipeline.health()).toMatchObject({ status: 'degraded' });
    await pipeline.close();
  });

  it.each([
    ['nothing', () => undefined],
    ['a promise that rejects', () => Promise.reject(new Error('async'))],
    ['a string', () => 'spans'],
  ])('passes the batch on when a processor returns %s', async (_, processor) => {
    const exporter = new MemoryExporter();
    const errors: unknown[] = [];
    const pipeline = new Pipeline({
      processors: [processor as never],
      exporters: [exporter],
      onError: (error) => errors.push(error),
    });
    await pipeline.start();
    pipeline.push([aSpan()]);
    expect(exporter.spans).toHaveLength(1);
    expect(errors).toEqual([expect.any(TypeError)]);
    await pipeline.close();
  });

  it('keeps the other exporters going when one throws or rejects, and counts the spans it lost', async () => {
    const bad = new MemoryExporter('bad');
    bad.export = () => {
      throw new Error('full disk');
    };
    const rejecting = new MemoryExporter('rejecting');
    rejecting.export = (async () => Promise.reject(new Error('async by mistake'))) as never;
    const good = new MemoryExporter('good');
    const errors: string[] = [];
    const pipeline = new Pipeline({ exporters: [bad, rejecting, good], onError: (_, source) => errors.push(source) });
    await pipeline.start();
    pipeline.push([aSpan(), aSpan()]);
    pipeline.push([aSpan()]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(good.spans).toHaveLength(3);
    expect(pipeline.stats().dropped).toMatchObject({ 'bad.threw': 3 });
    expect(errors.sort()).toEqual(['exporter bad', 'exporter rejecting']);
    expect(pipeline.stats().exporterErrors).toBe(4);
    await pipeline.close();
  });

  it('sums the dropped counters of exporters', async () => {
    const exporter = new MemoryExporter('otlp');
    exporter.stats = () => ({ 'dropped.queue_full': 7, exported: 3 });
    const pipeline = new Pipeline({ exporters: [exporter] });
    expect(pipeline.stats().dropped).toEqual({ filtered: 0, closed: 0, 'otlp.threw': 0, 'otlp.queue_full': 7 });
    await pipeline.close();
  });

  it('tells exporters of processes', async () => {
    const exporter = new MemoryExporter();
    const pipeline = new Pipeline({ exporters: [exporter] });
    await pipeline.start();
    const process = aProcess({ pid: 7 });
    pipeline.processStarted(process);
    pipeline.processEnded(process);
    expect(exporter.started).toEqual([process]);
    expect(exporter.ended).toEqual([process]);
    await pipeline.close();
  });

  it('rejects start() with the error of an exporter, and closes the others', async () => {
    const good = new MemoryExporter('good');
    const bad = new MemoryExporter('bad');
    const failure = new Error('port in use');
    bad.start = () => Promise.reject(failure);
    const pipeline = new Pipeline({ exporters: [good, bad] });
    await expect(pipeline.start()).rejects.toBe(failure);
    expect(good.calls).toEqual(['start', 'flush', 'close']);
  });

  it('close() returns in time although an exporter hangs and another throws', async () => {
    const hanging = new MemoryExporter('hanging');
    hanging.flush = () => new Promise(() => undefined);
    hanging.close = () => new Promise(() => undefined);
    const throwing = new MemoryExporter('throwing');
    throwing.close = () => {
      throw new Error('twice');
    };
    const good = new MemoryExporter('good');
    const errors: string[] = [];
    const pipeline = new Pipeline({
      exporters: [hanging, throwing, good],
      timeoutMs: 30,
      onError: (error, source) => errors.push(`${source}: ${(error as Error).message}`),
    });
    await pipeline.start();
    const before = performance.now();
    await pipeline.close();
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(good.calls).toEqual(['start', 'flush', 'close']);
    expect(errors.sort()).toEqual([
      'exporter hanging: flush took longer than 30 ms and was given up',
      'exporter throwing: twice',
    ]);
    pipeline.push([aSpan()]);
    expect(good.spans).toHaveLength(0);
    expect(pipeline.stats().dropped).toMatchObject({ closed: 1 });
    expect(pipeline.health().status).toBe('closed');
  });
});
