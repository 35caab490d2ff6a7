import type { TokenizerJson } from '../../formats/weights/tokenizerFolder.ts'

/** A tokenizer's card in Markdown, from what is known when it is written; `karyon tokenizer show` measures the rest. */
export const tokenizerCard = ({ title, architecture, created, licence, training }: TokenizerJson): string =>
  `# ${title}

For research use only. Not a medical device.

One visual token for each 8×8 pixels, from a vocabulary of ${architecture.vocabulary}: a vector-quantised autoencoder of haematoxylin and
eosin, ${architecture.scale ? 'on one scale for all pictures' : 'with each picture’s own mean and spread taken out'}. Channels ${architecture.widths.join(', ')}, ${architecture.blocks} blocks, codes of length ${architecture.codeWidth}.

- Made: ${created}
- Licence: ${licence}

| training | |
|---|---|
${Object.entries(training)
  .map(([name, value]) => `| ${name} | ${JSON.stringify(value)} |`)
  .join('\n')}
`
