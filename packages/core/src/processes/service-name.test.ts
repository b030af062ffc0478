import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultServiceName } from './service-name.ts';

describe('defaultServiceName()', () => {
  it.each([
    ['/usr/sbin/nginx', 'nginx: worker process', 'nginx'],
    ['/srv/bin/checkout', './checkout --port 80', 'checkout'],
    ['/usr/bin/python3.11', 'python3 /srv/shop.py --port 80', 'shop'],
    ['/usr/bin/python3.11', 'python3 -u -W ignore -X dev shop.py', 'shop'],
    ['/usr/bin/python3.11', 'python -m uvicorn app:main', 'uvicorn'],
    ['/usr/bin/python3.11', 'python -mhttp.server 8000', 'http.server'],
    ['/usr/bin/python3.11', 'python3 /usr/local/bin/gunicorn app:app', 'gunicorn'],
    ['/usr/bin/python3.11', 'python3 /srv/billing/__main__.py', 'billing'],
    ['/usr/bin/python3.11', 'python3 -c print(1)', 'python3.11'],
    ['/usr/bin/python3.11', 'python3', 'python3.11'],
    ['/usr/bin/python3.11', 'python3 -', 'python3.11'],
    ['/usr/bin/node', 'node --require ./t.js --max-old-space-size=99 server.mjs', 'server'],
    ['/usr/bin/node', 'node /srv/cart/index.js', 'cart'],
    ['/usr/bin/node', 'node index.js', 'index'],
    ['/usr/bin/node', 'node -e setInterval(()=>{},1)', 'node'],
    ['/usr/bin/ruby3.1', 'ruby -rbundler/setup -I lib bin/rails server', 'rails'],
    ['/usr/bin/java', 'java -Xmx1g -cp a.jar:b.jar com.acme.Main 80', 'com.acme.Main'],
    ['/usr/bin/java', 'java -Dx=y -jar /opt/orders-1.2.jar', 'orders-1.2'],
    ['/usr/bin/java', 'java @options --add-opens a/b=ALL Shop.java', 'Shop'],
    ['/usr/bin/java', 'java -m com.acme/com.acme.Main', 'com.acme.Main'],
    ['/usr/bin/php8.2', 'php -S 0:80 -t public', 'php8.2'],
    ['/usr/bin/php8.2', 'php artisan serve', 'artisan'],
    ['/bin/bash', 'bash /srv/run.sh', 'run'],
    ['/bin/dash', 'sh -c true', 'dash'],
    ['/usr/bin/deno', 'deno run --allow-net main.ts', 'main'],
    ['/usr/bin/bun', 'bun run app.tsx', 'app'],
    ['/usr/bin/dotnet', 'dotnet exec --fx-version 8 /srv/Stock.dll', 'Stock'],
    ['/usr/bin/perl', 'perl -I lib -w app.pl', 'app'],
  ])('%s as `%s` is %s', (executable, commandLine, name) => {
    expect(defaultServiceName(executable, commandLine.split(' '))).toBe(name);
  });

  it.each([
    ['/usr/bin/python3.11', 'gunicorn: master [app:app]', 'gunicorn'],
    ['/usr/bin/node', 'next-server (v14.1.0)', 'next-server'],
    ['/usr/bin/node', 'npm run start', 'npm'],
    ['/usr/bin/ruby3.1', 'puma 6.4 (tcp://0:3000) [shop]', 'puma'],
  ])('%s with the title %j is %s', (executable, title, name) => {
    expect(defaultServiceName(executable, [title])).toBe(name);
    expect(defaultServiceName(executable, [title, '', ''])).toBe(name);
  });

  it('names any process with a short text without control characters', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('/usr/bin/python3', '/usr/bin/node', '/usr/bin/java', '/bin/sh', '/x', ''),
        fc.array(
          fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('-m', '-jar', '--', '-', '/', 'a'.repeat(1000))),
        ),
        (executable, commandLine) => {
          expect(defaultServiceName(executable, commandLine)).toMatch(/^\P{Cc}{1,255}$/u);
        },
      ),
    );
  });
});
