const BIG = Buffer.alloc(100_000, 'x');

/** Answers what test/matrix/apps/README.md lists; the same for node:http and node:http2. */
export function answer(request, response) {
  switch (request.url.split('/')[1]) {
    case 'ok':
      return send(response, 200, 'ok');
    case 'fail':
      return send(response, 500, 'failed');
    case 'big':
      return send(response, 200, BIG);
    case 'echo': {
      const pieces = [];
      request.on('data', (piece) => pieces.push(piece));
      return request.on('end', () => send(response, 200, Buffer.concat(pieces)));
    }
    default:
      return send(response, 404, 'no such thing');
  }
}

function send(response, status, body) {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
