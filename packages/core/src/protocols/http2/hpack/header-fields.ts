import { FIELD, FIELDS } from './field.ts';

/** What a header block says, as far as it matters. One object is reused for all blocks of a connection. */
export class HeaderFields {
  /**
   * By FIELD; undefined where the block does not have it. Of a field that comes twice, the first; but `tracestate` is a list, and of several
   * `traceparent` none counts.
   */
  readonly values: (string | undefined)[] = new Array<string | undefined>(FIELDS).fill(undefined);
  /** Fields that the block names by entries of the table that are not known: what seems missing may be one of them. */
  unknown = 0;

  set(field: number, value: string | undefined): void {
    const { values } = this;
    const before = values[field];
    if (before === undefined) values[field] = value;
    else if (field === FIELD.TRACEPARENT) values[field] = '';
    else if (field === FIELD.TRACESTATE) values[field] = `${before},${value}`;
  }

  reset(): void {
    const { values } = this;
    for (let i = 0; i < FIELDS; i++) values[i] = undefined;
    this.unknown = 0;
  }
}
