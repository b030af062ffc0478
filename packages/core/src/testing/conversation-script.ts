import { RECORD_FLAG, RECORD_HEADER } from '../events/layout.gen.ts';
import { Conversation } from './conversation.ts';
import { Http2Script } from './http2-script.ts';

/** One step of a scripted conversation; `records` are those the kernel reports because of it. */
export interface ScriptStep {
  readonly records: Uint8Array[];
  /** Time that passes after it. */
  readonly waitMs: number;
}

const ESCAPE = /\\(r|n|t|0|\\|x[\da-fA-F]{2})|<<(.+?)\*(\d+)>>|\n/g;
const PLAIN: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** Bytes as a script writes them: line breaks mean nothing, `\r \n \t \0 \\ \xHH` are bytes, `<<text*N>>` repeats. */
export function unescapeBytes(text: string): string {
  return text.replace(ESCAPE, (_match, code: string | undefined, repeated: string | undefined, times: string) => {
    if (code !== undefined) return PLAIN[code] ?? String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return repeated === undefined ? '' : repeated.repeat(Number(times));
  });
}

/** Sets a flag of records. */
function flagged(records: Uint8Array[], flag: number): Uint8Array[] {
  for (const record of records) {
    const view = new DataView(record.buffer, record.byteOffset);
    view.setUint16(RECORD_HEADER.flags, view.getUint16(RECORD_HEADER.flags, true) | flag, true);
  }
  return records;
}

/**
 * Reads a script: `--- ask` and `--- answer` are followed by the bytes of one I/O call, `--- close` ends the connection, `--- wait N` lets N milliseconds
 * pass, `--- lost N` drops N turns, `--- unread ask` and `--- unread answer` one call with its bytes, `--- unseen ask` and `--- unseen answer` are from
 * before the tracer. `options` are words: `server` or `client`,
 * `stream`, `midstream`, `tls`, `capture=N`, and `http2`, which has frames instead of bytes.
 */
export function readScript(options: string, text: string): ScriptStep[] {
  const words = options.split(/\s+/);
  const capture = /capture=(\d+)/.exec(options)?.[1];
  const conversation = new Conversation({
    role: words.includes('client') ? 'client' : 'server',
    stream: words.includes('stream'),
    ...(capture === undefined ? {} : { captureLimit: Number(capture) }),
  });
  const http2 = words.includes('http2') ? new Http2Script(unescapeBytes) : undefined;
  const bytes = (side: 'ask' | 'answer', said: string): string | Uint8Array =>
    http2 === undefined || said.startsWith('HTTP/1 ')
      ? unescapeBytes(said.replace(/^HTTP\/1 /, ''))
      : http2.bytes(side, said);
  const steps: ScriptStep[] = [];
  for (const part of text.split(/^--- /m).slice(1)) {
    const lineEnd = part.indexOf('\n');
    const [verb = '', argument = '0'] = part.slice(0, lineEnd).trim().split(' ');
    const said = part.slice(lineEnd + 1);
    let waitMs = 0;
    if (verb === 'ask') conversation.ask(bytes('ask', said));
    else if (verb === 'answer') conversation.answer(bytes('answer', said));
    else if (verb === 'unseen') bytes(argument === 'answer' ? 'answer' : 'ask', said);
    else if (verb === 'unread') {
      if (argument === 'answer') conversation.answer(bytes('answer', said));
      else conversation.ask(bytes('ask', said));
      conversation.take();
    } else if (verb === 'close') conversation.close();
    else if (verb === 'lost') conversation.lose(Number(argument));
    else if (verb === 'wait') {
      waitMs = Number(argument);
      conversation.wait(waitMs);
    } else throw new Error(`a script knows no step '${verb}'`);
    const records = conversation.take();
    if (words.includes('midstream')) flagged(records, RECORD_FLAG.MIDSTREAM);
    if (words.includes('tls')) flagged(records, RECORD_FLAG.TLS);
    steps.push({ records, waitMs });
  }
  return steps;
}
