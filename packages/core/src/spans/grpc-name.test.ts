import { expect, it } from 'vitest';
import { grpcNameOf } from './grpc-name.ts';

it.each([
  ['/helloworld.Greeter/SayHello', 'helloworld.Greeter', 'SayHello'],
  ['/Greeter/SayHello', 'Greeter', 'SayHello'],
  ['/a/b/c.Greeter/SayHello', 'a/b/c.Greeter', 'SayHello'],
  ['/helloworld.Greeter/', 'helloworld.Greeter', ''],
  ['/SayHello', '', 'SayHello'],
  ['//SayHello', '', '/SayHello'],
  ['/', '', ''],
  ['*', '', '*'],
  ['', '', ''],
])('grpcNameOf(%j) is service %j and method %j', (path, service, method) => {
  expect(grpcNameOf(path)).toEqual({ service, method });
});
