// What commands have in common with the library that serves them, which a client does not link: users of this library
// need no import of their own for it.
@_exported import ArrayVocabulary
