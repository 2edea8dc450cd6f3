/** Why a node may not write something: the plugin makes the answer of it. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
