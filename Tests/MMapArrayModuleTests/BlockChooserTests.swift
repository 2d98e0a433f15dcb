import ModuleWork
import Testing

/// How much is read where a page is missing.
struct BlockChooserTests {
  /// Misses and reads pages at random, of which so many are the last that are kept.
  private func read(_ chooser: inout BlockChooser, pages: Int, kept: Int, misses: Int) -> [Int] {
    var (memory, order, sizes) = (Set<Int>(), [Int](), [Int]())
    var state: UInt64 = 7
    while sizes.count < misses {
      state = state &* 6_364_136_223_846_793_005 &+ 1
      let page = Int(state >> 33) % pages
      if memory.contains(page) { continue }
      chooser.noteMissing(page, of: 1)
      let block = chooser.block(around: page)
      #expect(block.contains(page))
      sizes.append(block.count)
      chooser.noteRead(block, of: 1)
      for page in block where memory.insert(page).inserted { order.append(page) }
      while order.count > kept { memory.remove(order.removeFirst()) }
    }
    return sizes
  }

  @Test("a file that fits into memory is read in large blocks until it is there")
  func warming() {
    var chooser = BlockChooser()
    let sizes = read(&chooser, pages: 16_000, kept: 16_000, misses: 900)
    #expect(sizes.allSatisfy { $0 == 16 })
  }

  @Test("of a file that does not fit little more is read than what is needed")
  func scarcity() {
    var chooser = BlockChooser()
    let sizes = read(&chooser, pages: 4_000, kept: 1_000, misses: 4_000)
    let late = sizes.suffix(2_000)
    #expect(Double(late.reduce(0, +)) / Double(late.count) < 1.5)
  }

  @Test("a block is a sign once, and only for its own file")
  func signs() {
    var chooser = BlockChooser()
    func block(around page: Int, of file: UInt64) -> Range<Int> {
      chooser.noteMissing(page, of: file)
      return chooser.block(around: page)
    }
    #expect(block(around: 100, of: 1) == 96..<112)
    chooser.noteRead(96..<112, of: 1)
    #expect(block(around: 100, of: 2).count == 16)
    #expect(block(around: 111, of: 1) == 108..<112)
    #expect(block(around: 111, of: 1) == 108..<112)
  }
}

/// Whether most of what is looked for is missing.
struct MissShareTests {
  @Test("it follows what was seen lately")
  func following() {
    var share = MissShare()
    #expect(!share.isHigh)
    for _ in 0..<100 { share.note(wasMissing: true) }
    #expect(share.isHigh)
    // A few hits do not change it.
    for _ in 0..<3 { share.note(wasMissing: false) }
    #expect(share.isHigh)
    for _ in 0..<100 { share.note(wasMissing: false) }
    #expect(!share.isHigh)
    for number in 0..<1000 { share.note(wasMissing: number % 4 == 0) }
    #expect(!share.isHigh)
    for number in 0..<1000 { share.note(wasMissing: number % 4 != 0) }
    #expect(share.isHigh)
  }
}
