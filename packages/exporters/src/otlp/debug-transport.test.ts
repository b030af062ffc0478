import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DebugTransport } from './debug-transport.ts';

describe('DebugTransport', () => {
  it('prints each request on a line, and ends nothing at its close', async () => {
    const stream = new PassThrough();
    const transport = new DebugTransport(stream);
    expect(await transport.send(Buffer.from('{"a":"ü"}'))).toMatchObject({ kind: 'accepted' });
    await transport.send(Buffer.from('{}'));
    transport.close();
    expect(await transport.send(Buffer.from('{}'))).toMatchObject({ kind: 'refused' });
    expect(stream.read().toString()).toBe('{"a":"ü"}\n{}\n');
    expect(stream.writableEnded).toBe(false);
  });

  it('tells when the reader went away', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    stream.on('error', () => undefined);
    expect(await new DebugTransport(stream).send(Buffer.from('{}'))).toMatchObject({
      kind: 'retryable',
      error: { message: 'no connection to standard output: EPIPE' },
    });
  });
});
