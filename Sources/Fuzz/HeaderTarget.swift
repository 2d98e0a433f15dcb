@testable import MappedArray

/// The `.npy` header: what is accepted says what its bytes say, and what is written of it reads back.
///
/// The first byte of an input chooses the version of a header around the rest, or that the rest is a whole file.
struct HeaderTarget: FuzzTarget {
  func run(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let rest = Array(input.dropFirst())
    guard kind % 4 > 0 else {
      check(rest, fileSize: rest.count)
      return check(rest, fileSize: rest.count + (1 << 40))
    }
    let lengthSize = kind % 4 == 1 ? 2 : 4
    let length = (0..<lengthSize).map { UInt8(truncatingIfNeeded: rest.count >> (8 * $0)) }
    let bytes = NPYHeader.magic + [kind % 4, 0] + length + rest
    check(bytes, fileSize: bytes.count + (1 << 40))
  }

  private func check(_ bytes: [UInt8], fileSize: Int) {
    let header: NPYHeader
    do throws(NPYHeaderError) {
      header = try NPYHeaderParser.parse(bytes, fileSize: fileSize)
    } catch {
      let text = error.description.utf8
      return require(
        text.count < 200 && text.allSatisfy { (0x20..<0x7F).contains($0) }, "an error cannot be shown: \(error)")
    }
    let count = header.shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    require((1...64).contains(header.shape.count) && header.shape.allSatisfy { $0 >= 0 }, "the shape is none")
    require(header.count == count, "the count is not that of the shape")
    require(
      header.dataOffset <= bytes.count && header.dataOffset + count * header.elementType.size <= fileSize,
      "the data is not in the file")
    require(
      String(decoding: bytes[header.rowDigits], as: UTF8.self) == String(header.shape[0]), "the digits are elsewhere")
    guard let new = NPYHeader(header.elementType, shape: header.shape) else {
      return require(false, "no header can be made of the shape \(header.shape)")
    }
    checkWritten(new, like: header)
    // Without elements in a row the length cannot change.
    let most = header.rowSize > 0 ? Int.max / header.elementType.size / header.rowSize / 2 : header.shape[0]
    for rows in [header.rowSize > 0 ? 0 : most, header.shape[0], most] {
      guard let longer = header.with(rows: rows) else { continue }
      require(longer.dataOffset == header.dataOffset, "the data has moved")
      checkWritten(longer, like: longer)
    }
  }

  private func checkWritten(_ written: NPYHeader, like header: NPYHeader) {
    let bytes = written.bytes
    do throws(NPYHeaderError) {
      let read = try NPYHeaderParser.parse(bytes, fileSize: Int.max)
      require(read == written, "what is written reads back as \(read) and not \(written)")
      require(read.elementType == header.elementType && read.shape == header.shape, "it is another array")
    } catch {
      require(false, "what is written is refused: \(error)")
    }
  }
}
