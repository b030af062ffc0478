const NO_BYTES = new Uint8Array(0);

let newest: Uint8Array = NO_BYTES;
let newestView: DataView = new DataView(NO_BYTES.buffer);
let older: Uint8Array = NO_BYTES;
let olderView: DataView = newestView;

/**
 * A view of `bytes` that reads four of them at once, wherever they are. The last two are kept: all readers of a batch ask for the same,
 * and get it for the price of a comparison.
 */
export function viewOf(bytes: Uint8Array): DataView {
  return bytes === newest ? newestView : otherView(bytes);
}

function otherView(bytes: Uint8Array): DataView {
  const view = bytes === older ? olderView : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  older = newest;
  olderView = newestView;
  newest = bytes;
  newestView = view;
  return view;
}
