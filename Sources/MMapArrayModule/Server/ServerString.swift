import CModuleShim
import DecimalText
import MappedArray

/// The bytes of a string of the server, as long as the string lives.
@inline(__always)
func bytes(of string: OpaquePointer?) -> UnsafeRawBufferPointer {
  var length = 0
  let start = server_StringPtrLen(string, &length)
  return UnsafeRawBufferPointer(start: start, count: length)
}

/// A string of the server, which the caller frees.
func serverString(_ bytes: UnsafeRawBufferPointer) -> OpaquePointer? {
  server_CreateString(nil, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
}

func serverString(_ bytes: [UInt8]) -> OpaquePointer? {
  bytes.withUnsafeBytes { serverString($0) }
}

func serverString(_ integer: Int) -> OpaquePointer? {
  NumberText(integer).withBytes { serverString($0) }
}

/// Calls `body` with texts as strings of the server, which are freed afterwards.
func withServerStrings(_ texts: [[UInt8]], _ body: (UnsafeMutableBufferPointer<OpaquePointer?>) -> Void) {
  withServerStrings(texts.map { serverString($0) }, body)
}

/// Calls `body` with strings of the server and frees them.
func withServerStrings(
  _ strings: consuming [OpaquePointer?], _ body: (UnsafeMutableBufferPointer<OpaquePointer?>) -> Void
) {
  var strings = strings
  strings.withUnsafeMutableBufferPointer { body($0) }
  for string in strings { server_FreeString(nil, string) }
}
