import { fileURLToPath } from 'node:url';

const LATE_MS = 2000;

/** The service of echo.proto by @grpc/grpc-js; the packages are given, because they live in the row's cache. */
export function echoService({ grpc, loader }) {
  const definition = loader.loadSync(fileURLToPath(new URL('../echo.proto', import.meta.url)));
  return grpc.loadPackageDefinition(definition).matrix.Echo;
}

export function echoHandlers({ grpc }) {
  return {
    Unary: (call, done) => done(null, call.request),
    Fail: (_, done) => done({ code: grpc.status.NOT_FOUND, details: 'no such thing' }),
    Collect(call, done) {
      let count = 0;
      call.on('data', () => {
        count += 1;
      });
      call.on('end', () => done(null, { text: String(count) }));
    },
    Count(call) {
      for (const text of ['1', '2', '3']) call.write({ text });
      call.end();
    },
    Chat(call) {
      call.on('data', (message) => call.write(message));
      call.on('end', () => call.end());
    },
    Late(call, done) {
      const timer = setTimeout(done, LATE_MS, null, call.request);
      call.on('cancelled', () => clearTimeout(timer));
    },
    Hang(call) {
      call.write({ text: 'wait' });
      call.on('cancelled', () => call.end());
    },
  };
}

/** Makes call number `n` and resolves with its status code. */
export function callEcho(client, rpc, n, deadlineMs = 100) {
  const message = { text: `call ${n}` };
  return new Promise((resolve) => {
    const ended = (error) => resolve(error?.code ?? 0);
    switch (rpc) {
      case 'Collect': {
        const call = client.Collect(ended);
        for (let index = 0; index < 3; index++) call.write(message);
        return call.end();
      }
      case 'Count':
      case 'Hang': {
        const call = client[rpc](message);
        call.on('data', () => rpc === 'Hang' && call.cancel());
        call.on('error', ended);
        return call.on('status', ended);
      }
      case 'Chat': {
        const call = client.Chat();
        call.on('data', () => undefined);
        call.on('error', ended);
        call.on('status', ended);
        for (let index = 0; index < 3; index++) call.write(message);
        return call.end();
      }
      case 'Late':
        return client.Late(message, { deadline: Date.now() + deadlineMs }, ended);
      default:
        return client[rpc](message, ended);
    }
  });
}
