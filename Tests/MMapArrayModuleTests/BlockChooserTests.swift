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
      let block = chooser.block(around: page, of: 1)
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
    let block = chooser.block(around: 100, of: 1)
    #expect(block == 96..<112)
    chooser.noteRead(block, of: 1)
    #expect(chooser.block(around: 100, of: 2).count == 16)
    #expect(chooser.block(around: 111, of: 1) == 108..<112)
    #expect(chooser.block(around: 111, of: 1) == 108..<112)
  }
}
