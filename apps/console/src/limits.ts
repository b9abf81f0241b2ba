// Limits of the page.

/** Characters of a name that go into an id; the server takes 128, and suffixes need room. */
export const ID_CHARACTERS_MAX = 64;
/** Characters of a shown name. */
export const NAME_CHARACTERS_MAX = 64;
