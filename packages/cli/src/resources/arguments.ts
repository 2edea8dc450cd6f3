import type { MappedResource, ResourceMapper } from '../cluster/mapper.js';
import { CliError, UsageError } from '../errors.js';

/** A collection, or one object in it. */
export interface ResourceArgument {
  readonly resource: MappedResource;
  readonly name?: string;
}

/** Reads `pods`, `pods,svc`, `all`, `pod x y`, `pod/x svc/y`. */
export function resourceArguments(words: readonly string[], mapper: ResourceMapper): ResourceArgument[] {
  const [first, ...names] = words;
  if (first === undefined) return [];
  if (words.some((word) => word.includes('/'))) return words.map((word) => slashed(word, words, mapper));
  const resources = first.split(',').flatMap((type) => typesOf(type, mapper));
  if (names.length === 0) return resources.map((resource) => ({ resource }));
  return resources.flatMap((resource) => names.map((name) => ({ resource, name })));
}

/** One type of a list: a category such as `all` stands for several. */
export function typesOf(type: string, mapper: ResourceMapper): MappedResource[] {
  if (type === '') throw new UsageError('arguments must not contain empty resource types: write TYPE[,TYPE]');
  const found = mapper.tryFind(type);
  if (found !== undefined) return [found];
  const members = mapper.category(type);
  if (members.length === 0) throw new CliError(`the server doesn't have a resource type "${type}"`);
  return members;
}

function slashed(word: string, words: readonly string[], mapper: ResourceMapper): ResourceArgument {
  const [type = '', name = '', ...more] = word.split('/');
  if (!word.includes('/')) {
    throw new UsageError(
      `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'keelctl get resource/<resource_name>' instead of 'keelctl get resource resource/<resource_name>'): "${words.join(' ')}"`,
    );
  }
  if (more.length > 0)
    throw new UsageError(`arguments in resource/name form may not have more than one slash: "${word}"`);
  if (type === '' || name === '')
    throw new UsageError(`arguments in resource/name form must have a single resource and name: "${word}"`);
  return { resource: mapper.find(type), name };
}
