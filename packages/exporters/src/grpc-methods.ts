import { type GrpcRequestSpan, isServerSpan } from '@beyla/core';

/** Methods of one service that are told apart; an API with more has them under one name. */
const MOST_METHODS = 1_000;
/** Those that never gave an answer: a method that hangs must show, names that a client invents and gives up must not pile up. */
const MOST_UNANSWERED = 100;

const HTTP_OK = 200;
const HTTP_NOT_FOUND = 404;
const UNIMPLEMENTED = 12;

/**
 * Tells the methods that a server has from those that a client made up, by the answers (RPC semantic conventions: `rpc.method` is `_OTHER`
 * where the method is not recognised).
 *
 * A method is there once it was answered with another status than UNIMPLEMENTED, or with response headers while its status is still to come.
 */
export class GrpcMethods {
  readonly #answered = new Set<string>();
  readonly #unanswered = new Set<string>();

  /** Whether the method has a name in metrics; learns from the span. */
  recognises(span: GrpcRequestSpan): boolean {
    const { path } = span;
    // Without a path there is no name to bound. What a client asks for is up to the observed program.
    if (path === '' || !isServerSpan(span) || this.#answered.has(path)) return true;
    const { grpcStatus, httpStatusCode } = span;
    if (grpcStatus === UNIMPLEMENTED || (grpcStatus === undefined && httpStatusCode === HTTP_NOT_FOUND)) return false;
    if (grpcStatus !== undefined || httpStatusCode === HTTP_OK) return learned(this.#answered, path, MOST_METHODS);
    return learned(this.#unanswered, path, MOST_UNANSWERED);
  }
}

function learned(known: Set<string>, path: string, most: number): boolean {
  if (known.size < most) known.add(path);
  return known.has(path);
}
