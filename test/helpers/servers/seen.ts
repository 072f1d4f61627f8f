/** The endpoint at which the server has seen a client that comes without a proxy. */
export function seen<Mapped>(mapped: Mapped | undefined): Mapped {
  if (mapped === undefined) {
    throw new Error('the server has named no mapped endpoint');
  }
  return mapped;
}
