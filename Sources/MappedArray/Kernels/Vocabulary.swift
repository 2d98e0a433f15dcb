// What kernels and commands have in common with clients, which know no files: users of this library need no import of
// their own for it.
@_exported import ArrayVocabulary
