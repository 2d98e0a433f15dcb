/// The types that an element can have. To add one: a case, its lines in `numbers` and `accept`, and a conformance in
/// `ElementTypes.swift`; all else is derived from those.
public enum ElementType: Hashable, Sendable {
  case i8, i16, i32, i64, u8, u16, u32, u64, f16, f32, f64, bool
  /// Strings of a fixed size, padded with zeros.
  case string(StringSize)

  /// All but strings, of which there is one type for each size.
  public static let numbers: [ElementType] = [.i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .f16, .f32, .f64, .bool]

  /// Calls `visitor` with the Swift type of the elements: the one place that turns a value into a type.
  public func accept<Visitor: ElementTypeVisitor & ~Copyable>(
    _ visitor: consuming Visitor
  ) throws(Visitor.Failure) -> Visitor.Result {
    switch self {
    case .i8: try visitor.visit(Int8.self)
    case .i16: try visitor.visit(Int16.self)
    case .i32: try visitor.visit(Int32.self)
    case .i64: try visitor.visit(Int64.self)
    case .u8: try visitor.visit(UInt8.self)
    case .u16: try visitor.visit(UInt16.self)
    case .u32: try visitor.visit(UInt32.self)
    case .u64: try visitor.visit(UInt64.self)
    case .f16: try visitor.visit(Float16.self)
    case .f32: try visitor.visit(Float.self)
    case .f64: try visitor.visit(Double.self)
    case .bool: try visitor.visit(Bool8.self)
    case .string(let size): try size.elementType.accept(visitor)
    }
  }

  /// The short name, as in replies: `i8` … `f64`, `bool`, `S1` … `S4096`.
  public var name: String {
    switch kind {
    case .boolean: "bool"
    case .string: numpyCode
    default: "\(kind.numpyCode)\(8 * size)"
    }
  }

  /// The type of that name or alias, in any case.
  public init?(named name: String) {
    let name = name.lowercased()
    let number = ElementType.numbers.first { $0.name == name || $0.aliases.contains(name) }
    guard let type = number ?? ElementType(stringNamed: name, prefix: "s") else { return nil }
    self = type
  }

  /// The type that NumPy has for a header's `descr` without its byte order.
  init?(numpyCode: some StringProtocol) {
    let number = ElementType.numbers.first { $0.numpyCode == numpyCode }
    guard let type = number ?? ElementType(stringNamed: numpyCode, prefix: "S") else { return nil }
    self = type
  }

  private init?(stringNamed name: some StringProtocol, prefix: Character) {
    guard name.first == prefix, let size = StringSize(digits: name.dropFirst()) else { return nil }
    self = .string(size)
  }

  /// The name of the elements' type in Swift.
  var swiftName: String { accept(SwiftNameVisitor()) }

  /// Bytes per element.
  public var size: Int { accept(SizeVisitor()) }

  public var kind: NumberKind { accept(KindVisitor()) }

  /// NumPy's kind and size, the `descr` of a header without its byte order: `i1` … `f8`, `b1`, `S1` …
  /// (https://numpy.org/doc/stable/reference/arrays.interface.html).
  var numpyCode: String { "\(kind.numpyCode)\(size)" }

  /// Whether the order of an element's bytes matters.
  var hasByteOrder: Bool { size > 1 && kind != .string }

  /// The other names that are understood: NumPy's, and those of the type itself.
  var aliases: [String] { ["\(kind.numpyName)\(8 * size)"] + accept(AliasVisitor()) }

  /// All types in few words, as "i8 to i64, u8 to u64, f16 to f64, bool and S1 to S4096".
  static var summary: String {
    let names = NumberKind.allCases.map { kind in numbers.filter { $0.kind == kind }.map(\.name) }
    let parts = names.compactMap { names in
      names.count > 1 ? "\(names[0]) to \(names[names.count - 1])" : names.first
    }
    return parts.joined(separator: ", ") + " and S1 to S\(StringSize.most)"
  }

  private struct SizeVisitor: ElementTypeVisitor {
    func visit<Element: MappableElement>(_ type: Element.Type) -> Int { MemoryLayout<Element>.size }
  }

  private struct SwiftNameVisitor: ElementTypeVisitor {
    func visit<Element: MappableElement>(_ type: Element.Type) -> String { "\(type)" }
  }

  private struct KindVisitor: ElementTypeVisitor {
    func visit<Element: MappableElement>(_ type: Element.Type) -> NumberKind { Element.numberKind }
  }

  private struct AliasVisitor: ElementTypeVisitor {
    func visit<Element: MappableElement>(_ type: Element.Type) -> [String] { Element.aliases }
  }
}

extension MappableElement {
  // What is known at run time only is not inlined, so that the code for numbers is what it would be without.
  @inline(never)
  fileprivate static func accept<Visitor: ElementTypeVisitor & ~Copyable>(
    _ visitor: consuming Visitor
  ) throws(Visitor.Failure) -> Visitor.Result {
    try visitor.visit(Self.self)
  }
}

/// What kind of number an element is, if it is one.
public enum NumberKind: CaseIterable, Sendable {
  case signedInteger, unsignedInteger, floatingPoint, boolean, string

  fileprivate var numpyCode: String {
    switch self {
    case .signedInteger: "i"
    case .unsignedInteger: "u"
    case .floatingPoint: "f"
    case .boolean: "b"
    case .string: "S"
    }
  }

  /// What NumPy's names begin with, before the bits.
  fileprivate var numpyName: String {
    switch self {
    case .signedInteger: "int"
    case .unsignedInteger: "uint"
    case .floatingPoint: "float"
    case .boolean: "bool"
    case .string: "bytes"
    }
  }
}

/// Work that is written once for all element types.
public protocol ElementTypeVisitor: ~Copyable {
  associatedtype Result
  associatedtype Failure: Error = Never
  consuming func visit<Element: MappableElement>(_ type: Element.Type) throws(Failure) -> Result
}
