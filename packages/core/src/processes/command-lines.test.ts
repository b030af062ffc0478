import { describe, expect, it } from 'vitest';
import { defaultServiceName } from './service-name.ts';

/** What must be in no name, wherever it stands. */
const SECRET = 'hunter2';
const PYTHON = '/usr/bin/python3.11';

/** Executable; command line, `␣` for a blank inside of an argument; name. */
const ROWS: readonly (readonly [string, string, string])[] = [
  // Java
  ['/usr/bin/java', 'java -jar -Ddb.password=hunter2 app.jar', 'app'],
  ['/usr/bin/java', 'java -Ddb.password=hunter2 -jar /opt/orders-1.2.jar --db hunter2', 'orders-1.2'],
  ['/usr/bin/java', 'java -Ddb.password=hunter2 com.acme.Main hunter2', 'com.acme.Main'],
  ['/usr/bin/java', 'java --source 17 X.java', 'X'],
  ['/usr/bin/java', 'java --source=17 --enable-preview /srv/Shop.java', 'Shop'],
  [
    '/usr/bin/java',
    'java --class-path a.jar:b.jar --add-opens java.base/java.lang=ALL-UNNAMED com.acme.Main',
    'com.acme.Main',
  ],
  ['/usr/bin/java', 'java -Xmx1g -XX:+UseZGC -javaagent:/opt/agent.jar=key=hunter2 -jar app.war', 'app'],
  ['/usr/bin/java', 'java -p mods --module com.acme/com.acme.Main', 'com.acme.Main'],
  ['/usr/bin/java', 'java --module=com.acme/com.acme.Main', 'com.acme.Main'],
  ['/usr/bin/java', 'java --new-option hunter2 com.acme.Main', 'java'],
  ['/usr/bin/java', 'java --new-option hunter2 -jar app.jar', 'app'],
  ['/usr/bin/java', 'java password=hunter2', 'java'],
  ['/usr/bin/java', 'java @/run/options', 'java'],
  ['/usr/bin/java', 'java -version', 'java'],
  // Python
  [PYTHON, 'python3 -uc import␣os;password="hunter2"', 'python3.11'],
  [PYTHON, 'python3 -Ic hunter2', 'python3.11'],
  [PYTHON, 'python3 -c hunter2 app.py', 'python3.11'],
  [PYTHON, 'python3 -um hypercorn app:app', 'hypercorn'],
  [PYTHON, 'python3 -Xdev -Wignore -X importtime shop.py', 'shop'],
  [PYTHON, 'python3 -bBdEsSuvx shop.py --token hunter2', 'shop'],
  [PYTHON, 'python3 --new-option hunter2 shop.py', 'shop'],
  [PYTHON, 'python3 --new-option hunter2 hunter2', 'python3.11'],
  [PYTHON, 'python3 -m sanic app:app --workers=2', 'sanic'],
  [PYTHON, 'python3 /usr/local/bin/uvicorn app:app --workers 2', 'uvicorn'],
  [PYTHON, 'python3 -c from␣multiprocessing.spawn␣import␣spawn_main;␣spawn_main(tracker_fd=5)', 'python3.11'],
  [PYTHON, 'python3 /srv/app/__main__.py', 'app'],
  [PYTHON, 'python3 .', 'python3.11'],
  [PYTHON, 'python3 /srv/billing/', 'billing'],
  [PYTHON, 'python3 password=hunter2', 'python3.11'],
  [PYTHON, 'python3 - hunter2', 'python3.11'],
  ['/usr/bin/pypy3', 'pypy3 -u worker.pyc', 'worker'],
  // Node
  ['/usr/bin/node', 'node --env-file F app.js', 'app'],
  ['/usr/bin/node', 'node --env-file /run/secrets/hunter2 app.js', 'app'],
  ['/usr/bin/node', 'node --env-file=/run/secrets/hunter2 dist/main', 'main'],
  ['/usr/bin/node', 'node --new-option hunter2 app.js', 'app'],
  ['/usr/bin/node', 'node --new-option hunter2 main hunter2', 'node'],
  ['/usr/bin/node', 'node .', 'node'],
  ['/usr/bin/node', 'node ./', 'node'],
  ['/usr/bin/node', 'node ..', 'node'],
  ['/usr/bin/node', 'node /srv/cart/.', 'cart'],
  ['/usr/bin/node', 'node --enable-source-maps --inspect dist/main', 'main'],
  ['/usr/bin/node', 'node -r ./trace.cjs -r dotenv/config server.mjs', 'server'],
  ['/usr/bin/node', 'node --eval=hunter2', 'node'],
  ['/usr/bin/node', 'node -pe hunter2', 'node'],
  ['/usr/bin/node', 'node --print hunter2 app.js', 'node'],
  ['/usr/bin/node', 'node inspect app.ts', 'app'],
  ['/usr/bin/node', 'node --run start', 'node'],
  ['/usr/bin/node', 'node /srv/node_modules/.bin/next start', 'next'],
  // Perl
  ['/usr/bin/perl', 'perl -we print␣"hunter2"', 'perl'],
  ['/usr/bin/perl', 'perl -we hunter2', 'perl'],
  ['/usr/bin/perl', 'perl -lne hunter2', 'perl'],
  ['/usr/bin/perl', 'perl -MHTTP::Daemon -e hunter2', 'perl'],
  ['/usr/bin/perl', 'perl -0777 -i.bak -pe hunter2 file.pl', 'perl'],
  ['/usr/bin/perl', 'perl -d:NYTProf -Ilib -T app.pl hunter2', 'app'],
  ['/usr/bin/perl', 'perl -I lib /usr/bin/plackup -p 5000', 'plackup'],
  ['/usr/bin/perl', 'perl -S starman app.psgi', 'starman'],
  // Ruby
  ['/usr/bin/ruby3.1', 'ruby -we hunter2', 'ruby3.1'],
  ['/usr/bin/ruby3.1', 'ruby -rsocket -ne hunter2', 'ruby3.1'],
  ['/usr/bin/ruby3.1', 'ruby --yjit -W0 -Ilib bin/rails server -e production', 'rails'],
  ['/usr/bin/ruby3.1', 'ruby --encoding UTF-8 config.ru', 'config'],
  ['/usr/bin/ruby3.1', '/usr/bin/ruby3.1 /usr/bin/puma -b tcp://u:hunter2@0:80', 'puma'],
  ['/usr/bin/ruby3.1', 'puma␣6.4␣(tcp://0:3000)␣[shop]', 'puma'],
  ['/usr/bin/ruby3.1', 'puma:␣cluster␣worker␣0:␣77␣[shop]', 'puma'],
  // PHP
  ['/usr/bin/php8.2', 'php -nr hunter2;', 'php8.2'],
  ['/usr/bin/php8.2', 'php --run hunter2', 'php8.2'],
  ['/usr/bin/php8.2', 'php --run=hunter2', 'php8.2'],
  ['/usr/bin/php8.2', 'php -d db.password=hunter2 -f worker.php', 'worker'],
  ['/usr/bin/php8.2', 'php -ddb.password=hunter2 artisan queue:work', 'artisan'],
  ['/usr/bin/php8.2', 'php -S 0:80 -t public public/index.php', 'public'],
  ['/usr/sbin/php-fpm8.2', 'php-fpm:␣pool␣hunter2', 'php-fpm8.2'],
  // Bun and Deno
  ['/srv/node_modules/bun/bin/bun.exe', 'bun --env-file hunter2 run server.ts', 'server'],
  ['/srv/node_modules/bun/bin/bun.exe', 'bun -e hunter2', 'bun'],
  ['/usr/bin/bun', 'bun run start', 'bun'],
  ['/usr/bin/bun', 'bun --hot ./src/index.tsx', 'src'],
  ['/usr/bin/deno', 'deno eval hunter2', 'deno'],
  ['/usr/bin/deno', 'deno run -A --env-file=hunter2 --port 80 main.ts', 'main'],
  ['/usr/bin/deno', 'deno run https://user:hunter2@host/x.ts?token=hunter2', 'deno'],
  ['/usr/bin/deno', 'deno task hunter2', 'deno'],
  // .NET
  ['/usr/bin/dotnet', 'dotnet Stock.dll --ConnectionStrings:Db=hunter2', 'Stock'],
  ['/usr/bin/dotnet', 'dotnet run -c Release -e PASSWORD=hunter2 --project /srv/Stock/Stock.csproj', 'Stock'],
  ['/usr/bin/dotnet', 'dotnet run -- hunter2.dll', 'dotnet'],
  ['/usr/bin/dotnet', 'dotnet user-secrets set key hunter2', 'dotnet'],
  // The virtual machine of Erlang
  [
    '/usr/lib/erlang/erts-15.0/bin/beam.smp',
    'beam.smp -W w -- -root /usr/lib/erlang -progname erl -- -home /root -- -sname shop@host -setcookie hunter2',
    'shop',
  ],
  [
    '/usr/lib/erlang/bin/beam.smp',
    'beam.smp -- -root /r -- -noshell -setcookie hunter2 -s shop_app start hunter2',
    'shop_app',
  ],
  [
    '/usr/lib/erlang/bin/beam.smp',
    'beam.smp -- -noshell -elixir_root /e -s elixir start_cli -extra shop.exs hunter2',
    'shop',
  ],
  ['/usr/lib/erlang/bin/beam.smp', 'beam.smp -- -noshell -s elixir start_cli -extra -e hunter2', 'beam.smp'],
  ['/usr/lib/erlang/bin/beam.smp', 'beam.smp -- -noshell -eval hunter2 -setcookie hunter2', 'beam.smp'],
  // Shells
  ['/bin/bash', 'bash -lc hunter2', 'bash'],
  ['/bin/bash', 'bash -euo pipefail run.sh hunter2', 'run'],
  ['/bin/bash', 'bash -s hunter2', 'bash'],
  ['/bin/dash', 'sh +x /srv/entrypoint hunter2', 'entrypoint'],
  // Programs of their own
  ['/usr/sbin/haproxy', 'haproxy -f hunter2 -p /run/haproxy.pid', 'haproxy'],
  ['/usr/bin/h2o', 'h2o -c hunter2', 'h2o'],
  ['/usr/sbin/varnishd', 'varnishd -a :80 -S hunter2', 'varnishd'],
  [PYTHON, 'gunicorn:␣worker␣[app]', 'gunicorn'],
];

describe('defaultServiceName()', () => {
  it.each(ROWS)('%s as `%s` is %s', (executable, commandLine, name) => {
    const found = defaultServiceName(
      executable,
      commandLine.split(' ').map((argument) => argument.replaceAll('␣', ' ')),
    );
    expect(found).toBe(name);
    expect(found).not.toContain(SECRET);
  });

  it.each(ROWS)('takes nothing new from %s as `%s` when any argument is a secret', (executable, commandLine) => {
    const all = commandLine.split(' ').map((argument) => argument.replaceAll('␣', ' '));
    const secrets = [
      ...['password=swordfish', 'print("swordfish")', 'https://u:swordfish@host/?t=swordfish', '-Dp=swordfish'],
      ...['--password=swordfish', 'u:swordfish', 'sword fish', '"swordfish"', '{"key":"swordfish"}', '$swordfish;'],
    ];
    for (const secret of secrets) {
      all.forEach((_, index) => {
        if (index === 0) return;
        expect(defaultServiceName(executable, all.with(index, secret))).not.toMatch(/sword|fish/);
        expect(defaultServiceName(executable, all.toSpliced(index, 0, secret))).not.toMatch(/sword|fish/);
      });
    }
  });

  it.each([
    ['slashes', '/usr/bin/node', (size: number) => ['node', `${'/'.repeat(size)}x`]],
    ['empty arguments', '/usr/bin/node', (size: number) => ['node', ...Array<string>(size).fill(''), 'x']],
    ['a title', '/usr/bin/node', (size: number) => [`${'a'.repeat(size)}!`]],
    ['dots', PYTHON, (size: number) => ['python3', `${'.'.repeat(size)}/x!`]],
    ['letters of options', '/usr/bin/perl', (size: number) => ['perl', `-${'0'.repeat(size)}l!`]],
    ['a long executable', `/usr/bin/${'a'.repeat(100_000)}`, (size: number) => ['x', `${'/'.repeat(size)}x`]],
  ])('takes time linear in %s', (_, executable, commandLine) => {
    const elapsedMs = (size: number): number => {
      const all = commandLine(size);
      const startedMs = performance.now();
      defaultServiceName(executable, all);
      return performance.now() - startedMs;
    };
    elapsedMs(1000);
    expect(elapsedMs(1_000_000)).toBeLessThan(250);
  });
});
