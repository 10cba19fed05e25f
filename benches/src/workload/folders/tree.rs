//! A complete tree, numbered so that every subtree is one range.

/// A complete tree of a fan-out and a depth; nodes are numbered as a walk meets them.
#[derive(Clone, Debug)]
pub struct Tree {
    fanout: u32,
    /// Nodes of a subtree whose top is on this level, itself included.
    sizes: Vec<u32>,
}

impl Tree {
    /// The tree whose root has `depth` levels below it.
    #[must_use]
    pub fn new(fanout: u32, depth: u32) -> Tree {
        let mut sizes = vec![1];
        for _ in 0..depth {
            let below = sizes[sizes.len() - 1];
            sizes.push(below * fanout + 1);
        }
        sizes.reverse();
        Tree { fanout, sizes }
    }

    /// How many nodes it has.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.sizes[0]
    }

    /// The level of the leaves; the root is on level 0.
    #[must_use]
    pub fn depth(&self) -> u32 {
        u32::try_from(self.sizes.len() - 1).expect("a depth is small")
    }

    /// How many nodes lie on a level.
    #[must_use]
    pub fn on_level(&self, level: u32) -> u32 {
        self.fanout.pow(level)
    }

    /// How many nodes hang below a node of a level, itself included.
    #[must_use]
    pub fn subtree(&self, level: u32) -> u32 {
        self.sizes[level as usize]
    }

    /// The `nth` node of a level, from the left.
    #[must_use]
    pub fn node(&self, level: u32, nth: u32) -> u32 {
        let (mut node, mut rest) = (0, nth);
        for above in 1..=level {
            let width = self.fanout.pow(level - above);
            node += 1 + rest / width * self.subtree(above);
            rest %= width;
        }
        node
    }

    /// The parent of a node; the root has none.
    #[must_use]
    pub fn parent(&self, node: u32) -> Option<u32> {
        let (mut above, mut at, mut level) = (None, 0, 0);
        while at != node {
            level += 1;
            let size = self.subtree(level);
            above = Some(at);
            at += 1 + (node - at - 1) / size * size;
        }
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_numbers_the_nodes() {
        let tree = Tree::new(2, 2);
        assert_eq!(tree.nodes(), 7);
        let parents: Vec<_> = (0..7).map(|node| tree.parent(node)).collect();
        assert_eq!(
            parents,
            [None, Some(0), Some(1), Some(1), Some(0), Some(4), Some(4)]
        );
        assert_eq!((0..2).map(|n| tree.node(1, n)).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(
            (0..4).map(|n| tree.node(2, n)).collect::<Vec<_>>(),
            [2, 3, 5, 6]
        );
    }

    #[test]
    fn every_level_hangs_below_the_one_above() {
        let tree = Tree::new(10, 5);
        assert_eq!(tree.nodes(), 111_111);
        for level in 1..=tree.depth() {
            for nth in 0..tree.on_level(level).min(200) {
                let above = tree.node(level - 1, nth / 10);
                assert_eq!(tree.parent(tree.node(level, nth)), Some(above));
            }
        }
    }
}
