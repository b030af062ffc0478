// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { createRequire } from 'node:module';
import { answer } from './answer.mjs';

// What is in the folder of packages that the row has installed.
const [port, packages, framework] = process.argv.slice(2);
const load = createRequire(`${packages}/`);
const ready = () => console.log('READY');

/** @type {Record<string, () => void>} */
const FRAMEWORKS = {
  express() {
    const app = load('express')();
    app.use(load('helmet')());
    app.use(answer);
    app.listen(Number(port), '127.0.0.1', ready);
  },
  koa() {
    const Koa = load('koa');
    const app = new Koa();
    app.use((/** @type {any} */ context) => {
      context.respond = false;
      return answer(context.req, context.res);
    });
    app.listen(Number(port), '127.0.0.1', ready);
  },
  fastify() {
    const app = load('fastify')({ bodyLimit: 100 << 20, maxParamLength: 1000 });
    // Bodies are left to whoever answers.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (/** @type {any} */ _request, /** @type {any} */ _body, /** @type {any} */ done) =>
      done(null),
    );
    app.all('/*', (/** @type {any} */ request, /** @type {any} */ reply) => {
      reply.hijack();
      return answer(request.raw, reply.raw);
    });
    app.listen({ port: Number(port), host: '127.0.0.1' }).then(ready);
  },
};
FRAMEWORKS[framework ?? '']?.();
