import { bytesField, protobufFields } from './protobuf-fields.ts';

const LONGEST = 300;

/** What a receiver says of a failure over HTTP: `google.rpc.Status` in protobuf or JSON (OTLP 1.x, "Failures"), or plain words. */
export function errorMessage(body: Uint8Array, contentType: string): string {
  return messageOf(body, contentType).slice(0, LONGEST).trim();
}

function messageOf(body: Uint8Array, contentType: string): string {
  if (contentType.startsWith('application/x-protobuf')) return text(bytesField(protobufFields(body), 2));
  const words = text(body);
  if (!contentType.startsWith('application/json')) return words;
  try {
    const status: unknown = JSON.parse(words);
    const isStatus = typeof status === 'object' && status !== null && 'message' in status;
    return isStatus && typeof status.message === 'string' ? status.message : words;
  } catch {
    return words;
  }
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
