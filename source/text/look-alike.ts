/**
 * Names that a reader takes for each other. The idea is the skeleton of UTS #39:
 * two texts look alike if their skeletons are the same. The tables hold only
 * what looks like a Latin letter, because `me`, `you` and most names are Latin.
 */

/** Small letters of other scripts, and digits, behind the Latin letter that they look like. */
const smallLetters =
  'aаɑαᴀ bьвβʙ4 cсϲⲥᴄꓚ dԁɗᴅꓓ eеєɛεэᴇⲉꓰꭼ3 fϝꓝ gɡɢց hһнʜꮋꓧ jјʝᴊꓙ kкκᴋꓗ liіıɩιӏ1ꓲ mмᴍⲙꮇꓟ nпηոɴꓠ oоοօσᴏⲟꓳ0 pрρᴘⲣꓑ qԛգ rгʀꭇꓣ sѕꜱꓢ5 tтτᴛꓔ uυսцᴜꓴʋ vνѵᴠꓦ wѡшωᴡꓪ xхχⲭꓫ yуүγўʏყꭹꓬ zᴢꓜ';

/** Capital letters that look like another letter than their small ones. */
const capitals = 'bΒ hΗ mΜ nΝ pΡ tΤ uՍ xΧ yΥҮ zΖ';

/** Created on first use: a chat sees its first name after the first frame. */
let letters: ReadonlyMap<string, string> | undefined;

function lettersOf(table: string): (readonly [string, string])[] {
  return table
    .split(' ')
    .flatMap(([latin = '', ...others]) => others.map((other) => [other, latin] as const));
}

/**
 * What is left of a text for a reader who does not look closely: small Latin
 * letters, without accents, spaces, punctuation, symbols and invisible
 * characters. Empty if the text has no letters.
 */
export function skeletonOf(text: string): string {
  letters ??= new Map([...lettersOf(smallLetters), ...lettersOf(capitals)]);
  const known = letters;
  function latin(character: string): string {
    return known.get(character) ?? character;
  }
  return text
    .normalize('NFKD')
    .replaceAll(/\P{ASCII}/gv, latin)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gv, '')
    .replaceAll(/[\P{ASCII}0-9i]/gv, latin)
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}
