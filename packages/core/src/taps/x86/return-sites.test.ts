import { describe, expect, it } from 'vitest';
import { returnSites } from './return-sites.ts';

function sites(hex: string): unknown {
  return returnSites(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('returnSites()', () => {
  it('takes the check of the canary, which is emulated and passed by whatever returns', () => {
    // mov rdx,[rsp+8]; sub rdx,fs:28; jne +5; add rsp,18; ret; call -5
    const check = '488b542408 64482b142528000000 7505 4883c418 c3 e8fbffffff';
    expect(sites(check)).toEqual([{ offset: 14, kind: 'emulated' }]);
  });

  it('takes each return where there is no such check', () => {
    // test edi,edi; je +2; pop rbx; ret; xor eax,eax; ret
    expect(sites('85ff 7402 5b c3 31c0 c3')).toEqual([
      { offset: 5, kind: 'stepped' },
      { offset: 8, kind: 'stepped' },
    ]);
  });

  it('takes the return where the result comes after the check, or where somebody jumps in between', () => {
    // jne +6; mov eax,[rsp]; ret; nop; nop; call -5
    expect(sites('7506 8b0424 c3 9090 e8fbffffff')).toEqual([{ offset: 5, kind: 'stepped' }]);
    // jne +5; add rsp,18; ret; call -5; jmp to add
    expect(sites('7505 4883c418 c3 e8fbffffff ebf4')).toEqual([{ offset: 6, kind: 'stepped' }]);
  });

  it('has none in a function that cannot be decoded from its first byte to its last', () => {
    expect(sites('c3 06')).toEqual([]);
    expect(sites('')).toEqual([]);
  });
});
