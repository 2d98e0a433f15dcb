/// The ten types that an element can have. To add one: a case, a row in each property, and a conformance below.
public enum ElementType: UInt8, CaseIterable, Sendable {
  case i8, i16, i32, i64, u8, u16, u32, u64, f32, f64

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
    case .f32: try visitor.visit(Float.self)
    case .f64: try visitor.visit(Double.self)
    }
  }

  /// The short name, as in replies: `i8` … `f64`.
  public var name: String {
    switch self {
    case .i8: "i8"
    case .i16: "i16"
    case .i32: "i32"
    case .i64: "i64"
    case .u8: "u8"
    case .u16: "u16"
    case .u32: "u32"
    case .u64: "u64"
    case .f32: "f32"
    case .f64: "f64"
    }
  }

  /// The other names that are understood.
  var aliases: [String] {
    switch self {
    case .i8: ["int8"]
    case .i16: ["int16"]
    case .i32: ["int32"]
    case .i64: ["int64"]
    case .u8: ["uint8"]
    case .u16: ["uint16"]
    case .u32: ["uint32"]
    case .u64: ["uint64"]
    case .f32: ["float32", "float"]
    case .f64: ["float64", "double"]
    }
  }

  /// NumPy's kind and size, the `descr` of a header without its byte order: `i1` … `f8`
  /// (https://numpy.org/doc/stable/reference/arrays.interface.html).
  var numpyCode: String {
    switch self {
    case .i8: "i1"
    case .i16: "i2"
    case .i32: "i4"
    case .i64: "i8"
    case .u8: "u1"
    case .u16: "u2"
    case .u32: "u4"
    case .u64: "u8"
    case .f32: "f4"
    case .f64: "f8"
    }
  }

  /// The type of that name or alias, in any case.
  public init?(named name: String) {
    let name = name.lowercased()
    guard let type = ElementType.allCases.first(where: { $0.name == name || $0.aliases.contains(name) }) else {
      return nil
    }
    self = type
  }

  public var isFloat: Bool { self == .f32 || self == .f64 }

  /// Bytes per element.
  public var size: Int {
    accept(SizeVisitor())
  }

  private struct SizeVisitor: ElementTypeVisitor {
    func visit<Element: MappableElement>(_ type: Element.Type) -> Int { MemoryLayout<Element>.size }
  }
}

/// Work that is written once for all element types.
public protocol ElementTypeVisitor: ~Copyable {
  associatedtype Result
  associatedtype Failure: Error = Never
  consuming func visit<Element: MappableElement>(_ type: Element.Type) throws(Failure) -> Result
}

extension Int8: MappableElement { public static var elementType: ElementType { .i8 } }
extension Int16: MappableElement { public static var elementType: ElementType { .i16 } }
extension Int32: MappableElement { public static var elementType: ElementType { .i32 } }
extension Int64: MappableElement { public static var elementType: ElementType { .i64 } }
extension UInt8: MappableElement { public static var elementType: ElementType { .u8 } }
extension UInt16: MappableElement { public static var elementType: ElementType { .u16 } }
extension UInt32: MappableElement { public static var elementType: ElementType { .u32 } }
extension UInt64: MappableElement { public static var elementType: ElementType { .u64 } }
extension Float: MappableElement { public static var elementType: ElementType { .f32 } }
extension Double: MappableElement { public static var elementType: ElementType { .f64 } }
