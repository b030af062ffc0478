import { Conversation } from './conversation.ts';

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

/**
 * Reads a script: `--- ask` and `--- answer` are followed by the bytes of one I/O call, `--- close` ends the connection, `--- wait N` lets N milliseconds
 * pass, `--- lost N` drops N turns. `options` are words: `server` or `client`, `stream`, `capture=N`.
 */
export function readScript(options: string, text: string): ScriptStep[] {
  const words = options.split(/\s+/);
  const capture = /capture=(\d+)/.exec(options)?.[1];
  const conversation = new Conversation({
    role: words.includes('client') ? 'client' : 'server',
    stream: words.includes('stream'),
    ...(capture === undefined ? {} : { captureLimit: Number(capture) }),
  });
  const steps: ScriptStep[] = [];
  for (const part of text.split(/^--- /m).slice(1)) {
    const lineEnd = part.indexOf('\n');
    const [verb = '', argument = '0'] = part.slice(0, lineEnd).trim().split(' ');
    const bytes = unescapeBytes(part.slice(lineEnd + 1));
    let waitMs = 0;
    if (verb === 'ask') conversation.ask(bytes);
    else if (verb === 'answer') conversation.answer(bytes);
    else if (verb === 'close') conversation.close();
    else if (verb === 'lost') conversation.lose(Number(argument));
    else if (verb === 'wait') {
      waitMs = Number(argument);
      conversation.wait(waitMs);
    } else throw new Error(`a script knows no step '${verb}'`);
    steps.push({ records: conversation.take(), waitMs });
  }
  return steps;
}
