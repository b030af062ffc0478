import type {
  CloseEvent,
  ExecEvent,
  HeadEvent,
  ListenEvent,
  MalformedReason,
  ProcessEvent,
  TurnEvent,
} from './event.ts';

/**
 * Process and listen records: what `Discovery` lives on, and what taps are told by. Events are valid only during the call.
 *
 * @public
 */
export interface LifecycleSink {
  onExec(event: ExecEvent): void;
  onFork(event: ProcessEvent): void;
  onExit(event: ProcessEvent): void;
  onListen(event: ListenEvent): void;
  /** No selected process took a connection to a port that one listens on; `pid` is 0. */
  onUnclaimed?(event: ListenEvent): void;
  /** A selected process speaks TLS on a connection that no tap sees into; `RecordSource.speaksTls` wants to know. */
  onTls?(event: ProcessEvent): void;
  /** A selected process has loaded libraries, or is about to; `RecordSource.loadsLibraries` wants to know. */
  onLoaded?(event: ProcessEvent): void;
  /** Bytes were read on a connection of a selected process in a way that is not seen; `RecordSource.readsUnseen` attaches what sees it. */
  onUnseen?(event: ProcessEvent): void;
}

/** Who gets the records of a batch, in the order of the ring. Events are valid only during the call. */
export interface EventSink extends LifecycleSink {
  onTurn(event: TurnEvent): void;
  onChunk(event: TurnEvent): void;
  onHead(event: HeadEvent): void;
  onClose(event: CloseEvent): void;
  onMalformed(reason: MalformedReason): void;
}
